//! Handlers of the people on chat platforms.

mod decide;
mod list;
mod people;

pub use decide::{approve, deny, dismiss};
pub use list::list;
pub use people::{people, remove};
