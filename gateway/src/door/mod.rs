//! The door: one listener for everything, and what every request must show before anything else is looked at.

mod aside;
mod canvas;
mod half_open;
mod hook;
mod hooks;
mod http2;
mod knock;
mod listener;
mod local;
mod mcp;
mod metrics;
mod openai;
mod panel;
mod rest;
mod routes;
mod screen;
mod tls;
mod visitor;
mod worker;

pub use aside::{bind_aside, listen_aside};
pub use half_open::HalfOpen;
pub use listener::{Door, bind, raise_file_limit};
pub use local::bind_local;
