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
    let key = match meant(named, who.session.as_deref())? {
        Some(key) => key,
        None => SessionKey::main(&call.services.agents.default_agent().name),
    };
    Ok(Sheet::of(&who.org, key))
}

/// Returns the session that is meant by a name and an agent's own session; `None`: neither is given.
fn meant(named: Option<&str>, own: Option<&str>) -> Result<Option<SessionKey>, WireError> {
    let own = own.map(|own| session_key(own, None, "sessionKey")).transpose()?;
    let agent = own.as_ref().map(SessionKey::agent);
    let named = named.map(|named| session_key(named, agent, "sessionKey")).transpose()?;
    match (named, own) {
        (Some(named), Some(own)) if named != own => {
            let text = "/sessionKey: an agent has the canvas of its own session only; leave it out";
            Err(WireError::new(ErrorCode::Forbidden, text).detail(DetailCode::CanvasOtherSession))
        }
        (named, own) => Ok(own.or(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_its_own_canvas_and_no_other() {
        let key = |text| Some(SessionKey::parse(text, None).expect("a key"));
        assert_eq!(meant(None, None), Ok(None));
        assert_eq!(meant(Some("notes"), None), Ok(key("agent:main:notes")));
        let own = Some("agent:ops:main");
        assert_eq!(meant(None, own), Ok(key("agent:ops:main")));
        assert_eq!(meant(Some("agent:ops:main"), own), Ok(key("agent:ops:main")));
        assert_eq!(meant(Some("main"), own), Ok(key("agent:ops:main")), "its own main session");
        for other in ["agent:main:main", "agent:ops:other", "other"] {
            let error = meant(Some(other), own).expect_err("another session");
            assert_eq!(error.details.expect("details")["code"], "CANVAS_OTHER_SESSION", "{other}");
        }
        assert!(meant(Some("a b"), None).is_err());
    }
}
