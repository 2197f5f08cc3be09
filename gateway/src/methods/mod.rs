//! The methods: one handler a file, and the table that every request must pass.

mod call;
pub mod devices;
pub mod gateway;
pub mod system;
mod table;

pub use call::{Call, Services, internal, session_key};
pub use table::{Answer, Caller, Failure, Table};
