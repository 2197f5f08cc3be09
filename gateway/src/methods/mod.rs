//! The methods: one handler a file, and the table that every request must pass.

pub mod agents;
pub mod approvals;
mod call;
pub mod chat;
pub mod sessions;
mod table;
pub mod tasks;

pub use call::{Call, Services, internal, session_key};
pub use table::{Answer, Caller, Failure, Table};
