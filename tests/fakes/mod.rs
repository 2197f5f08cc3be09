//! Platforms that run on loopback, with faults on demand and a transcript of what they were sent.

pub mod telegram;
