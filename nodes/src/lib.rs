//! The far end of the socket, and those who do the work: the client's half of the protocol, who performs a
//! task, how a task travels there, and how its processes are ended.

pub mod client;
pub mod executor;
pub mod host;
pub mod permission;
pub mod process;
pub mod transport;
pub mod work;
pub mod workspace;
