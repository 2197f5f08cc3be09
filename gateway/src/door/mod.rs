//! The door: one listener for everything, and what every request must show before anything else is looked at.

mod canvas;
mod half_open;
mod knock;
mod listener;
mod local;
mod metrics;
mod panel;
mod routes;
mod screen;
mod tls;

pub use half_open::HalfOpen;
pub use listener::{Door, bind, raise_file_limit};
pub use local::bind_local;
