//! Canvases: what agents draw, where it is shown, and the URLs under which it is served.

mod action;
mod delete;
mod eval;
mod list;
mod node;
mod present;
mod read;
mod refresh;
mod snapshot;
mod surfaces;
mod write;

use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::session::SessionKey;

use super::{Call, session_key};
use crate::canvas::Sheet;

pub use action::act;
pub use delete::delete;
pub use eval::eval;
pub use list::list;
pub use present::{hide, present};
pub use read::read;
pub use refresh::{node_capability, node_refresh, refresh};
pub use snapshot::snapshot;
pub use surfaces::{push, reset};
pub use write::write;

/// Returns the canvas that a call means. An agent has one canvas: its session's.
fn sheet(call: &Call, named: Option<&str>) -> Result<Sheet, WireError> {
    let who = call.who();
    let own = who.session.as_deref().map(|own| session_key(own, None, "sessionKey")).transpose()?;
    let key = match (named, own) {
        (None, Some(own)) => own,
        (None, None) => SessionKey::main(&call.services.agents.default_agent().name),
        (Some(named), None) => session_key(named, None, "sessionKey")?,
        (Some(named), Some(own)) => {
            if session_key(named, Some(own.agent()), "sessionKey")? != own {
                let text = "/sessionKey: an agent has the canvas of its own session only; leave it out";
                return Err(WireError::new(ErrorCode::Forbidden, text).detail(DetailCode::CanvasOtherSession));
            }
            own
        }
    };
    Ok(Sheet::of(&who.org, key))
}
