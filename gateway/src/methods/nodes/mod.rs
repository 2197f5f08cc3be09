//! Nodes (protocol 5.7, 7, 8): a verb a file.

mod describe;
mod event;
mod exec;
mod exec_approvals;
mod fence;
mod invoke;
mod list;
mod pair_approve;
mod pair_list;
mod pair_reject;
mod pair_remove;
mod pending;
mod progress;
mod rename;
mod result;
mod schemas_update;
mod stock;

pub use describe::describe;
pub use event::event;
pub use exec::exec;
pub use exec_approvals::{exec_approvals_get, exec_approvals_set};
pub use invoke::invoke;
pub use list::list;
pub use pair_approve::pair_approve;
pub use pair_list::pair_list;
pub use pair_reject::pair_reject;
pub use pair_remove::pair_remove;
pub use pending::{pending_ack, pending_drain, pending_enqueue, pending_pull};
pub use progress::progress;
pub use rename::rename;
pub use result::result;
pub use schemas_update::schemas_update;
pub use stock::{plugin_tools, runner_inventory, skills};
