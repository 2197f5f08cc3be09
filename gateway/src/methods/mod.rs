//! The methods: one handler a file, a folder a noun, and the table that every request must pass.

pub mod agents;
pub mod approval_history;
pub mod approvals;
mod call;
pub mod canvas;
pub mod channels;
pub mod chat;
pub mod config;
mod confine;
pub mod cron;
pub mod devices;
pub mod empty;
pub mod exec_approvals;
pub mod gateway;
pub mod hooks;
mod idempotency;
pub mod messages;
pub mod nodes;
pub mod peers;
mod protocol;
pub mod sessions;
pub mod system;
mod table;
pub mod tasks;
pub mod workers;

pub use call::{Call, Services, internal, session_key};
pub use idempotency::Idempotency;
pub use protocol::protocol;
pub use table::{Answer, Caller, Failure, Table};
