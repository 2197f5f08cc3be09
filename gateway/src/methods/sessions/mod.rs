//! Conversations: listing, finding, changing them.

mod abort;
mod compact;
mod create;
mod delete;
mod describe;
mod list;
mod patch;
mod preview;
mod reset;
mod resolve;
mod search;
mod send;
mod subscribe;

pub use abort::abort;
pub use compact::compact;
pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use list::list;
pub use patch::patch;
pub use preview::preview;
pub use reset::reset;
pub use resolve::resolve;
pub use search::search;
pub use send::{send, steer};
pub use subscribe::{messages_subscribe, messages_unsubscribe, subscribe, unsubscribe};

use schemas::methods::sessions::SessionRow;

use super::Call;
use crate::chat::rows::{Active, session_row};
use crate::store::sessions::Session;

/// Returns a conversation's row as it is now.
fn row(call: &Call, session: &Session) -> SessionRow {
    session_row(session, &Active::of(&call.services.engine, &call.who().org, session))
}
