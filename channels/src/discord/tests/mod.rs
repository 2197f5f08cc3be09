//! What Discord's channel makes of what the platform sends, and what it sends itself.

mod calls;
mod cursors;
mod faults;
mod fuzz;
mod gateway;
mod reading;
mod rich;
mod server;
mod sessions;
