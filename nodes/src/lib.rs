//! Who performs a task, how a task travels there, and how its processes are ended; and the client's half of
//! the protocol.

pub mod client;
