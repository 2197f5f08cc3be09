//! Chat: sending, stopping, reading what was said.

mod abort;
mod commands_list;
mod history;
mod inject;
mod message_get;
mod metadata;
mod send;
mod startup;

pub use abort::abort;
pub use commands_list::commands_list;
pub use history::history;
pub use inject::inject;
pub(in crate::methods) use inject::inject_line;
pub use message_get::message_get;
pub use metadata::metadata;
pub use send::send;
pub use startup::startup;

pub(super) use send::{output, submission};
