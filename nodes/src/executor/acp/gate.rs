//! What an agent may do without asking and what it never may: its questions held against the rules of the run.

use agent_client_protocol::v1::schema::{ToolCallUpdate, ToolKind};
use serde_json::Value;

use crate::executor::{AgentSpec, Failure};
use crate::permission::Rule;

/// The rules of a run.
#[derive(Debug)]
pub(super) struct Gate {
    allowed: Vec<Rule>,
    refused: Vec<Rule>,
    mode: Option<String>,
}

/// What becomes of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    Refuse,
    Ask,
}

/// A tool call that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// The agent's name for the tool; where it gives none, the usual one of its kind.
    pub(super) tool: String,
    pub(super) kind: ToolKind,
    pub(super) input: Value,
}

impl Call {
    /// Reads what is asked about; `known` is the name under which the call was announced.
    pub(super) fn of(asked: &ToolCallUpdate, known: Option<&str>) -> Self {
        let kind = asked.fields.kind.unwrap_or_default();
        let named = asked.fields.name.as_deref().or_else(|| name_in(asked.meta.as_ref())).or(known);
        Self {
            tool: named.unwrap_or_else(|| usual_name(kind)).to_owned(),
            kind,
            input: asked.fields.raw_input.clone().unwrap_or(Value::Null),
        }
    }

    fn argument(&self) -> Option<&str> {
        let keys = ["command", "file_path", "path", "url", "pattern", "query"];
        keys.iter().find_map(|key| self.input.get(key)?.as_str())
    }

    fn is_command(&self) -> bool {
        self.kind == ToolKind::Execute || self.tool == usual_name(ToolKind::Execute)
    }
}

impl Gate {
    /// Reads the rules of an agent; `tools`: it has the gateway's own tools. The gateway itself judges each call of those: a
    /// second question for each would only be in the way.
    pub(super) fn new(agent: &AgentSpec, tools: bool) -> Result<Self, Failure> {
        let read =
            |rules: &[String]| rules.iter().map(|rule| Rule::parse(rule)).collect::<Result<Vec<_>, _>>();
        let own = tools.then(|| Rule::parse(OWN_TOOLS)).transpose()?;
        Ok(Self {
            allowed: read(&agent.allowed_tools)?.into_iter().chain(own).collect(),
            refused: read(&agent.disallowed_tools)?,
            mode: agent.permission_mode.clone(),
        })
    }

    /// Judges a call. A rule with a pattern allows commands only, and only those without anything that a shell could
    /// read as a second command: how an agent spells its other arguments is not known.
    pub(super) fn judge(&self, call: &Call) -> Verdict {
        let argument = call.argument();
        let plain = argument.is_some_and(|text| !text.contains(SHELL));
        let exact = Rule::of_call(&call.tool, argument);
        let usual = Rule::of_call(usual_name(call.kind), argument);
        let parts = argument.into_iter().flat_map(|text| text.split(SHELL)).map(str::trim);
        let names = [call.tool.as_str(), usual_name(call.kind)];
        let pieces: Vec<Rule> =
            parts.flat_map(|part| names.map(|name| Rule::of_call(name, Some(part)))).collect();
        let hit = |rule: &Rule| [&exact, &usual].into_iter().chain(&pieces).any(|call| rule.covers(call));
        if self.refused.iter().any(hit) {
            return Verdict::Refuse;
        }
        let fits = |rule: &&Rule| rule.covers(&exact) && (!rule.is_narrow() || (call.is_command() && plain));
        if self.allowed.iter().any(|rule| fits(&rule)) || self.mode.as_deref() == Some(FREE) {
            return Verdict::Allow;
        }
        Verdict::Ask
    }

    /// Says whether the agent may have files read for it.
    pub(super) fn may_read(&self) -> bool {
        self.may_always(&["Read"], &[FREE])
    }

    /// Says whether the agent may have files written for it.
    pub(super) fn may_write(&self) -> bool {
        self.may_always(&["Write", "Edit"], &["acceptEdits", FREE])
    }

    fn may_always(&self, tools: &[&str], modes: &[&str]) -> bool {
        let named = |rules: &[Rule], whole: bool| {
            let uses = |rule: &Rule, tool: &str| {
                let any = Rule::of_call(tool, None);
                if whole { rule.covers(&any) } else { rule.meet(&any).is_some() }
            };
            rules.iter().any(|rule| tools.iter().any(|tool| uses(rule, tool)))
        };
        let by_mode = self.mode.as_deref().is_some_and(|mode| modes.contains(&mode));
        (named(&self.allowed, true) || by_mode) && !named(&self.refused, false)
    }
}

/// Returns a tool's name from where agents put it that follow Claude Code.
pub(super) fn name_in(meta: Option<&agent_client_protocol::v1::schema::Meta>) -> Option<&str> {
    meta?.get("claudeCode")?.get("toolName")?.as_str()
}

/// Returns the name by which rules call a kind of tool.
pub(super) const fn usual_name(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::Read => "Read",
        ToolKind::Edit | ToolKind::Delete | ToolKind::Move => "Edit",
        ToolKind::Search => "Grep",
        ToolKind::Execute => "Bash",
        ToolKind::Fetch => "WebFetch",
        ToolKind::Think => "Think",
        ToolKind::SwitchMode => "SwitchMode",
        _ => "Tool",
    }
}

/// What agents call the tools of the server `landline`.
const OWN_TOOLS: &str = "mcp__landline__*";
/// The mode that asks for nothing.
const FREE: &str = "bypassPermissions";
/// What may begin another command.
const SHELL: &[char] = &[';', '&', '|', '`', '$', '(', ')', '<', '>', '\n', '\r', '{', '}'];

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
