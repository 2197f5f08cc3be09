//! State of the gateway and of those connected: a verb a file.

mod identity;

pub use identity::identity;
