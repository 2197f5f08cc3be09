//! Who performs a task, how a task travels there, and how its processes are ended.

pub mod executor;
pub mod process;
pub mod transport;
