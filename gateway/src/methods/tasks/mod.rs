//! Tasks: every piece of work, whatever started it.

mod cancel;
mod diff;
mod dispatch;
mod find;
mod get;
mod list;
mod output;
mod retry;
mod send;
mod stats;

pub use cancel::cancel;
pub use diff::diff;
pub use dispatch::dispatch;
pub use get::get;
pub use list::list;
pub use output::output;
pub use retry::retry;
pub use send::send;
pub use stats::stats;
