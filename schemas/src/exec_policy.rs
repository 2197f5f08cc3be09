//! The policy file of commands: what may be run without asking (protocol 5.12).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;

/// The policy, as it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecPolicy {
    /// The file's format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u8,
    /// Not kept: stock hosts write the address of a socket of their own here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<Value>,
    /// What counts where an agent says nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<ExecRules>,
    /// By agent; `*` is every agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, ExecAgent>,
}

/// What counts for everyone or for one agent; what is absent is inherited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecRules {
    /// What may be run at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<ExecSecurity>,
    /// When somebody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<ExecAsk>,
    /// What may be run when nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_fallback: Option<ExecSecurity>,
    /// Kept for stock clients: skills' own programs count as listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_allow_skills: Option<bool>,
}

/// What counts for one agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecAgent {
    /// What may be run at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<ExecSecurity>,
    /// When somebody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<ExecAsk>,
    /// What may be run when nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_fallback: Option<ExecSecurity>,
    /// Kept for stock clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_allow_skills: Option<bool>,
    /// The commands that may be run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowlist: Vec<ExecAllowed>,
    /// Kept for stock clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_tools: Option<Value>,
}

impl ExecAgent {
    /// Returns its rules without its list.
    pub fn rules(&self) -> ExecRules {
        ExecRules {
            security: self.security,
            ask: self.ask,
            ask_fallback: self.ask_fallback,
            auto_allow_skills: self.auto_allow_skills,
        }
    }
}

/// Commands that may be run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecAllowed {
    /// Names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The program's file, links followed: `*` stands for anything within a folder's name, `**` for folders too.
    /// `node:ID:` before it: on that node only.
    #[schemars(length(min = 1, max = 4096))]
    pub pattern: String,
    /// `allow-always`: remembered from an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ExecSource>,
    /// What was answered, to be read by people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_text: Option<String>,
    /// A regular expression that all arguments, joined by spaces, have to match as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub arg_pattern: Option<String>,
    /// Kept for stock clients: when it last let something be run. Here the audit trail tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Millis>,
    /// Kept for stock clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_command: Option<String>,
    /// Kept for stock clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resolved_path: Option<String>,
}

/// Where an entry of the list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExecSource {
    /// Somebody answered a request with it.
    AllowAlways,
}

/// What may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ExecSecurity {
    /// Nothing.
    Deny,
    /// What is on the list.
    Allowlist,
    /// Everything.
    Full,
}

/// When somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ExecAsk {
    /// Never: what is not on the list is refused.
    Off,
    /// When something is not on the list.
    OnMiss,
    /// Always.
    Always,
}

/// What counts, nothing left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecResolved {
    /// What may be run at all.
    pub security: ExecSecurity,
    /// When somebody is asked.
    pub ask: ExecAsk,
    /// What may be run when nobody answers.
    pub ask_fallback: ExecSecurity,
    /// Kept for stock clients.
    pub auto_allow_skills: bool,
}

impl ExecResolved {
    /// What counts without a policy file: what is not on the list is asked for, and no answer is a no.
    pub const START: Self = Self {
        security: ExecSecurity::Allowlist,
        ask: ExecAsk::OnMiss,
        ask_fallback: ExecSecurity::Deny,
        auto_allow_skills: false,
    };

    /// Lets `rules` overrule it where they say something.
    #[must_use]
    pub fn with(self, rules: ExecRules) -> Self {
        Self {
            security: rules.security.unwrap_or(self.security),
            ask: rules.ask.unwrap_or(self.ask),
            ask_fallback: rules.ask_fallback.unwrap_or(self.ask_fallback),
            auto_allow_skills: rules.auto_allow_skills.unwrap_or(self.auto_allow_skills),
        }
    }
}

impl Default for ExecPolicy {
    fn default() -> Self {
        Self { version: 1, socket: None, defaults: None, agents: BTreeMap::new() }
    }
}

impl ExecPolicy {
    /// Returns what counts where no agent says anything else.
    pub fn resolved(&self) -> ExecResolved {
        ExecResolved::START.with(self.defaults.unwrap_or_default())
    }

    /// Returns what counts for an agent: its own rules before those for every agent before the defaults.
    pub fn resolved_for(&self, agent: Option<&str>) -> ExecResolved {
        self.parts(agent).fold(self.resolved(), |resolved, part| resolved.with(part.rules()))
    }

    /// Returns the list that counts for an agent: what every agent may run, and what it may.
    pub fn allowed_for(&self, agent: Option<&str>) -> impl Iterator<Item = &ExecAllowed> {
        self.parts(agent).flat_map(|part| &part.allowlist)
    }

    fn parts(&self, agent: Option<&str>) -> impl Iterator<Item = &ExecAgent> {
        let own = agent.filter(|agent| *agent != EVERYONE).and_then(|agent| self.agents.get(agent));
        self.agents.get(EVERYONE).into_iter().chain(own)
    }
}

/// The name that stands for every agent.
pub const EVERYONE: &str = "*";
