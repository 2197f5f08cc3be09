//! What holds an agent to its own conversation: the one place, on the path of every request.
//!
//! An agent reaches a method only if there is a tool for agents that is this method, and only for the conversation on
//! whose behalf it acts. What is hidden from its tools it cannot give by another way either.

use schemas::error::WireError;
use schemas::tools::{Tool, for_agents};
use serde_json::Value;

use crate::hub::Member;

/// An agent's conversation and the tool by which it reaches a method; `None` for everyone else.
pub(super) type Confined<'a> = Option<(&'a str, &'static Tool)>;

/// Decides whether the caller may call a method at all, before its params are looked at.
pub(super) fn tool<'a>(member: &'a Member, method: &str) -> Result<Confined<'a>, WireError> {
    let Some(session) = member.principal.session.as_deref() else { return Ok(None) };
    Ok(Some((session, for_agents(method)?)))
}

/// Fills an agent's conversation into the params, and refuses those that name another one.
pub(super) fn params(confined: Confined<'_>, mut params: Value) -> Result<Value, WireError> {
    if let (Some((session, tool)), Value::Object(fields)) = (confined, &mut params) {
        tool.confine(session, fields)?;
    }
    Ok(params)
}
