//! Handlers of status, presence and the log.

mod channel_health;
mod event;
mod health;
mod heartbeat;
mod identity;
mod logs;
mod presence;
mod status;

pub use event::event;
pub use health::{HealthBoard, health};
pub use heartbeat::last_heartbeat;
pub use identity::identity;
pub use logs::tail;
pub use presence::presence;
pub(crate) use status::memory;
pub use status::status;
