//! The handlers of the protocol's methods; a directory a noun.

pub mod config;
