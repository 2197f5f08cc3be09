//! Agents, their runs and models.

mod agent;
mod identity_get;
mod list;
mod models_list;
mod wait;
mod wake;

pub use agent::agent;
pub use identity_get::identity_get;
pub use list::list;
pub use models_list::models_list;
pub use wait::wait;
pub use wake::wake;

pub(super) use list::agents_of;
pub(super) use models_list::models_of;
