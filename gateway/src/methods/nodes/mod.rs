//! Nodes (protocol 5.7, 7, 8): a verb a file.

mod describe;
mod invoke;
mod list;
mod result;

pub use describe::describe;
pub use invoke::invoke;
pub use list::list;
pub use result::result;
