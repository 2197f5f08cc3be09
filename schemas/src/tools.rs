//! The tools that agents and other MCP clients call: each is another spelling of a method, and nothing else.
//!
//! A tool takes what its method takes, less what the gateway fills in by itself. A method that is not declared has no
//! tool, and no method can be reached by an agent that has no tool here.

mod list;
mod translate;

use serde_json::{Map, Value};

use crate::error::{DetailCode, WireError};
use crate::methods::{self, Access, Declaration};
use crate::scope::Scope;
use crate::session::SessionKey;

pub use list::TOOLS;
use translate::translate;

/// A tool.
#[derive(Debug)]
pub struct Tool {
    /// Its name for models, such as `canvas_write`.
    pub name: &'static str,
    /// The method that it is.
    pub method: &'static str,
    /// What it does and when to use it, for models.
    pub about: &'static str,
    /// The parameter that names the conversation: an agent's own is filled in, and it may name no other.
    pub conversation: Option<&'static str>,
    /// Parameters that agents may not give.
    pub held: &'static [&'static str],
    /// Whether agents may use it; operators may use all.
    pub for_agents: bool,
}

/// What no model is asked for: the gateway makes it by itself, or it is about events, which MCP clients do not hear.
const MADE: [&str; 2] = ["idempotencyKey", "progress"];
/// What agents are not asked for besides: which agent they are is known.
const KNOWN: &str = "agentId";

impl Tool {
    pub(super) const fn of(name: &'static str, method: &'static str) -> Self {
        Self { name, method, about: "", conversation: None, held: &[], for_agents: true }
    }

    pub(super) const fn canvas(name: &'static str, method: &'static str) -> Self {
        Self { conversation: Some("sessionKey"), ..Self::of(name, method) }
    }

    pub(super) const fn people(name: &'static str, method: &'static str) -> Self {
        Self { for_agents: false, ..Self::of(name, method) }
    }

    /// Returns the method's declaration, if there is such a method.
    pub fn declaration(&self) -> Option<Declaration> {
        methods::all().into_iter().find(|method| method.name == self.method)
    }

    /// Says whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        self.declaration().is_some_and(|method| method.access == Access::Operator(Scope::Read))
    }

    /// Returns the JSON Schema of what a model gives it; `session`: the caller's conversation is known and filled in.
    pub fn input_schema(&self, session: bool, agent: bool) -> Map<String, Value> {
        let Some(declaration) = self.declaration() else { return Map::new() };
        let mut schema = crate::export::plain_params_schema(&declaration);
        let gone = |name: &str, property: &Value| {
            MADE.contains(&name)
                || (agent && name == KNOWN)
                || (session && self.conversation == Some(name))
                || (agent && self.held.contains(&name))
                || is_ignored(property)
        };
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            schema.insert("properties".into(), Value::Object(Map::new()));
            return schema;
        };
        properties.retain(|name, property| !gone(name, property));
        let left: Vec<String> = properties.keys().cloned().collect();
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| name.as_str().is_some_and(|name| left.iter().any(|kept| kept == name)));
        }
        schema
    }

    /// Returns the method's params: what a model gave and what is filled in. `fresh` is a new idempotency key.
    pub fn params(
        &self,
        mut given: Map<String, Value>,
        session: Option<&str>,
        fresh: &str,
    ) -> Map<String, Value> {
        translate(self.method, &mut given);
        let takes = |name: &str| {
            let schema = self.declaration().map(|method| crate::export::plain_params_schema(&method));
            schema.is_some_and(|schema| schema.get("properties").is_some_and(|all| all.get(name).is_some()))
        };
        if takes("idempotencyKey") {
            given.entry("idempotencyKey").or_insert_with(|| fresh.into());
        }
        if let (Some(name), Some(session)) = (self.conversation, session) {
            given.entry(name).or_insert_with(|| session.into());
        }
        given
    }

    /// Holds an agent to its own conversation, `own`: fills it in, and refuses what an agent may not give.
    pub fn confine(&self, own: &str, params: &mut Map<String, Value>) -> Result<(), WireError> {
        if let Some(name) = self.held.iter().find(|name| params.contains_key(**name)) {
            let text = format!("/{name}: agents may not give this; leave it out and the gateway fills it in");
            return Err(refused(DetailCode::AgentNotAllowed, text));
        }
        let Some(name) = self.conversation else { return Ok(()) };
        match params.get(name) {
            None | Some(Value::Null) => {
                params.insert(name.into(), own.into());
                Ok(())
            }
            Some(Value::String(given)) if is_own(given, own) => {
                params.insert(name.into(), own.into());
                Ok(())
            }
            Some(_) => {
                let text = format!("/{name}: an agent reaches its own conversation only; leave it out");
                Err(refused(DetailCode::ForeignSession, text))
            }
        }
    }
}

/// Returns the tool by which agents reach a method; refuses methods that they may not call.
pub fn for_agents(method: &str) -> Result<&'static Tool, WireError> {
    TOOLS.iter().find(|tool| tool.for_agents && tool.method == method).ok_or_else(|| {
        let text = "agents may not call this method; ask a person to do it";
        refused(DetailCode::AgentNotAllowed, text.into())
    })
}

fn refused(code: DetailCode, text: String) -> WireError {
    WireError::new(crate::ErrorCode::Forbidden, text).detail(code)
}

/// Says whether `given` names the conversation `own`, in its full form or short within the same agent.
fn is_own(given: &str, own: &str) -> bool {
    let agent = SessionKey::parse(own, None).map(|key| key.agent().to_owned());
    agent.is_ok_and(|agent| SessionKey::parse(given, Some(&agent)).is_ok_and(|key| key.as_str() == own))
}

/// Says whether a parameter is one that stock clients send and that does nothing.
fn is_ignored(property: &Value) -> bool {
    let typed =
        ["type", "anyOf", "oneOf", "enum", "const", "$ref"].iter().any(|key| property.get(key).is_some());
    let accepted =
        property.get("description").and_then(Value::as_str).is_some_and(|text| text.starts_with("Accepted"));
    accepted && !typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared() -> impl Iterator<Item = &'static Tool> {
        TOOLS.iter().filter(|tool| tool.declaration().is_some())
    }

    fn properties(tool: &Tool, agent: bool) -> Map<String, Value> {
        tool.input_schema(agent, agent)["properties"].as_object().cloned().expect("properties")
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn names_are_unique_and_fit_for_models() {
        let fits = |name: &str| {
            name.len() <= 48 && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '2'))
        };
        for (index, tool) in TOOLS.iter().enumerate() {
            assert!(fits(tool.name), "{}", tool.name);
            assert!(tool.about.ends_with('.'), "{}", tool.name);
            assert!(
                TOOLS[index + 1..].iter().all(|other| other.name != tool.name && other.method != tool.method)
            );
        }
    }

    #[test]
    fn what_is_filled_in_or_held_exists_in_the_method_and_is_not_asked_of_agents() {
        for tool in declared() {
            let method = crate::export::plain_params_schema(&tool.declaration().expect("declared"));
            for name in tool.conversation.iter().chain(tool.held) {
                assert!(method["properties"].get(name).is_some(), "{}: {name}", tool.name);
                assert!(!properties(tool, true).contains_key(*name), "{}: {name}", tool.name);
            }
            let shown = tool.input_schema(true, true);
            assert_eq!(shown["type"], "object", "{}", tool.name);
            assert!(!properties(tool, true).contains_key("idempotencyKey"), "{}", tool.name);
            for name in shown.get("required").and_then(Value::as_array).into_iter().flatten() {
                assert!(
                    shown["properties"].get(name.as_str().expect("a name")).is_some(),
                    "{}: {name}",
                    tool.name
                );
            }
        }
    }

    #[test]
    fn agents_reach_nothing_that_needs_more_than_write() {
        for tool in declared().filter(|tool| tool.for_agents) {
            let access = tool.declaration().expect("declared").access;
            assert!(
                matches!(access, Access::Operator(Scope::Read | Scope::Write)),
                "{} needs {access}",
                tool.name
            );
        }
        for method in methods::all() {
            let reached = for_agents(method.name).is_ok();
            assert_eq!(
                reached,
                declared().any(|tool| tool.for_agents && tool.method == method.name),
                "{}",
                method.name
            );
        }
        for method in [
            "config.set",
            "chat.send",
            "exec.approval.resolve",
            "device.pair.approve",
            "sessions.list",
            "agent",
        ] {
            assert_eq!(for_agents(method).expect_err(method).code, crate::ErrorCode::Forbidden);
        }
    }

    #[test]
    fn an_agent_is_held_to_its_own_conversation() {
        let send = for_agents("send").expect("a tool");
        let own = "agent:ops:telegram:group:7";
        for given in [
            json!({}),
            json!({"sessionKey": null}),
            json!({"sessionKey": own}),
            json!({"sessionKey": "telegram:group:7"}),
        ] {
            let mut params = object(&given);
            send.confine(own, &mut params).expect("its own");
            assert_eq!(params["sessionKey"], own);
        }
        for given in [
            json!("agent:ops:main"),
            json!("main"),
            json!("agent:main:telegram:group:7"),
            json!(7),
            json!(""),
        ] {
            let mut params = object(&json!({ "sessionKey": given }));
            let error = send.confine(own, &mut params).expect_err("another's");
            assert_eq!(error.details, Some(json!({"code": "FOREIGN_SESSION"})));
        }
        for name in send.held {
            let mut params = object(&json!({ *name: "x" }));
            let error = send.confine(own, &mut params).expect_err("held");
            assert_eq!(error.details, Some(json!({"code": "AGENT_NOT_ALLOWED"})));
        }
    }

    #[test]
    fn params_get_a_key_and_the_conversation_and_keep_what_was_given() {
        let send = for_agents("send").expect("a tool");
        let made = send.params(object(&json!({"message": "hi"})), Some("agent:main:main"), "k1");
        assert_eq!(
            Value::Object(made),
            json!({"message": "hi", "idempotencyKey": "k1", "sessionKey": "agent:main:main"})
        );
        let given = send.params(object(&json!({"to": "telegram:1"})), None, "k1");
        assert_eq!(Value::Object(given), json!({"to": "telegram:1", "idempotencyKey": "k1"}));
        let list = TOOLS.iter().find(|tool| tool.name == "sessions_list").expect("a tool");
        assert!(list.params(Map::new(), Some("agent:main:main"), "k1").is_empty());
    }

    #[test]
    fn a_coordinators_names_are_taken_as_well() {
        let tool = |name: &str| TOOLS.iter().find(|tool| tool.name == name).expect("a tool");
        let old = json!({"agentName": "b-2", "prompt": "go", "maxBudgetUsd": 2, "allowedTools": "Read, Bash(a, b)"});
        assert_eq!(
            Value::Object(tool("dispatch_task").params(object(&old), None, "k")),
            json!({"on": "node:b-2", "message": "go", "budgetUsd": 2, "idempotencyKey": "k",
                   "permissions": {"allowedTools": ["Read", "Bash(a, b)"]}})
        );
        let new = json!({"on": "any", "message": "go", "permissions": {"allowedTools": ["Read"]}});
        let kept = tool("dispatch_task").params(object(&new), None, "k");
        assert_eq!((&kept["on"], &kept["permissions"]), (&new["on"], &new["permissions"]));
        let dead = tool("list_tasks").params(object(&json!({"status": "dead-letter"})), None, "k");
        assert_eq!(Value::Object(dead), json!({"status": "failed", "deadLettered": true}));
    }

    #[test]
    fn what_does_nothing_is_not_offered() {
        let send = for_agents("send").expect("a tool");
        assert!(!properties(send, false).contains_key("gifPlayback"));
        assert!(
            properties(send, false).contains_key("to") && properties(send, false).contains_key("message")
        );
    }
}
