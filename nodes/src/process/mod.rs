//! Processes of agents: how they are started, read, and ended together with everything they started.

mod environment;
mod launch;
mod lines;
mod tail;
#[cfg_attr(target_os = "linux", path = "tree_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "tree_group.rs")]
mod tree;

pub use environment::{Environment, find_program};
pub use launch::{Launch, LaunchError, Running};
pub use lines::{LineError, LineReader};
pub use tail::Tail;
pub use tree::{Tree, reap_marked};
