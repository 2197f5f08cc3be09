//! Chat platforms as they behave, on 127.0.0.1: servers that real client libraries accept.
pub mod discord;
