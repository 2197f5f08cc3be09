//! Runs the real gateway and speaks the wire to it: everything that black-box tests import.

pub mod fakes;

mod client;
mod crowd;
mod gateway;
mod golden;
mod http;
mod knock;
mod mcp;
mod rng;
mod socket;
mod tls;
mod wait;

pub use client::Client;
pub use crowd::{Crowd, KILLS, Said, Tally};
pub use gateway::{Done, Gateway, Options, binary, free_port};
pub use golden::golden;
pub use http::{Reply, head_of, request, request_json, request_raw, request_with};
pub use knock::{Knock, Refused, identity};
pub use mcp::McpClient;
pub use rng::Rng;
pub use socket::{Close, Incoming, Socket};
pub use tls::request_tls;
pub use wait::{PATIENCE, eventually, within};
