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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::{Bearer, Passes, Principal, ToolSet};
    use schemas::ErrorCode;
    use schemas::methods::{Access, all};
    use secrecy::ExposeSecret as _;
    use serde_json::json;
    use std::sync::Arc;

    fn agent() -> Member {
        let passes = Arc::new(Passes::default());
        let bearer = Bearer {
            org: "default".into(),
            session: "agent:ops:one".into(),
            agent: "ops".into(),
            tools: ToolSet::All,
        };
        let pass = passes.issue(bearer);
        let holder = passes.holder(pass.token.expose_secret()).expect("in force");
        Member::new("c".into(), holder.principal, false)
    }

    #[test]
    fn agents_reach_the_methods_of_their_tools_and_no_other() {
        let (agent, person) = (agent(), Member::new("p".into(), Principal::gateway(), false));
        for method in all() {
            assert!(matches!(tool(&person, method.name), Ok(None)), "{}", method.name);
            match tool(&agent, method.name) {
                Ok(found) => {
                    assert!(found.is_some_and(|(session, _)| session == "agent:ops:one"), "{}", method.name);
                }
                Err(error) => assert_eq!(error.code, ErrorCode::Forbidden, "{}", method.name),
            }
            let more =
                !matches!(method.access, Access::Operator(schemas::Scope::Read | schemas::Scope::Write));
            assert!(!more || tool(&agent, method.name).is_err(), "{} needs {}", method.name, method.access);
        }
    }

    #[test]
    fn an_agents_params_name_its_own_conversation() {
        let agent = agent();
        let confined = tool(&agent, "sessions.describe").expect("a tool");
        let filled = params(confined, json!({})).expect("filled in");
        assert_eq!(filled, json!({"key": "agent:ops:one"}));
        let foreign = params(confined, json!({"key": "agent:main:main"})).expect_err("another's");
        assert_eq!(foreign.details, Some(json!({"code": "FOREIGN_SESSION"})));
        let others = json!({"key": "agent:main:main"});
        assert_eq!(params(None, others.clone()).expect("a person"), others);
    }
}
