//! Tasks: every piece of work, whatever started it.

mod cancel;
mod get;
mod list;

pub use cancel::cancel;
pub use get::get;
pub use list::list;
