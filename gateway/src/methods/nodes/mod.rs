//! Nodes (protocol 5.7, 7, 8): a verb a file.

mod describe;
mod invoke;
mod list;
mod pair_approve;
mod pair_list;
mod pair_reject;
mod pair_remove;
mod rename;
mod result;

pub use describe::describe;
pub use invoke::invoke;
pub use list::list;
pub use pair_approve::pair_approve;
pub use pair_list::pair_list;
pub use pair_reject::pair_reject;
pub use pair_remove::pair_remove;
pub use rename::rename;
pub use result::result;
