//! Chat platforms as they behave, on 127.0.0.1, with faults on demand and a transcript of what they were sent.

pub mod discord;
pub mod telegram;
