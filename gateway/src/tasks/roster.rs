//! The agents as the engine knows them, and who performs their runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{AfterCrash, AgentSpec, Endpoint, ExecutorKind};
use nodes::transport::Transport;

use crate::security::ToolSet;

/// An agent, as configured under its name.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentProfile {
    /// Its name.
    pub name: String,
    /// Which executor performs its runs.
    pub executor: ExecutorKind,
    /// The program and its fixed arguments.
    pub command: Vec<String>,
    /// The folder it works in.
    pub cwd: PathBuf,
    /// Names of the gateway's environment variables that are handed on.
    pub env_pass: Vec<String>,
    /// Environment variables set for it; values may be secrets.
    pub env: BTreeMap<String, String>,
    /// Its model; the executor's own default without it.
    pub model: Option<String>,
    /// Models a person may choose from.
    pub models: Vec<String>,
    /// Its permission mode, in the agent's own words.
    pub permission_mode: Option<String>,
    /// Tools that run without asking.
    pub allowed_tools: Vec<String>,
    /// Tools that are refused without asking.
    pub disallowed_tools: Vec<String>,
    /// The gateway's tools that it has.
    pub tools: ToolSet,
    /// Whether it has no other MCP servers than the gateway.
    pub only_tools: bool,
    /// Where its model answers, for the executor `model`.
    pub endpoint: Option<Endpoint>,
    /// Wall-clock limit of a run.
    pub timeout: Duration,
    /// Runs of it that may be alive at the same time.
    pub max_concurrent: usize,
    /// Why it is what it is, for `status` and `/status`.
    pub reason: String,
}

impl AgentProfile {
    /// Returns an agent that answers inside the gateway.
    pub fn builtin(name: &str, cwd: PathBuf) -> Self {
        Self {
            name: name.into(),
            executor: ExecutorKind::Builtin,
            command: Vec::new(),
            cwd,
            env_pass: Vec::new(),
            env: BTreeMap::new(),
            model: None,
            models: Vec::new(),
            permission_mode: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            tools: ToolSet::None,
            only_tools: false,
            endpoint: None,
            timeout: Duration::from_mins(30),
            max_concurrent: 64,
            reason: "answers by itself, with no model".into(),
        }
    }

    /// Returns what an executor is told of it; `model` wins over its own.
    pub(super) fn spec(&self, executor: ExecutorKind, model: Option<String>) -> AgentSpec {
        AgentSpec {
            name: self.name.clone(),
            executor,
            command: self.command.clone(),
            cwd: self.cwd.clone(),
            env_pass: self.env_pass.clone(),
            env: self.env.clone(),
            model: model.or_else(|| self.model.clone()),
            permission_mode: self.permission_mode.clone(),
            allowed_tools: self.allowed_tools.clone(),
            disallowed_tools: self.disallowed_tools.clone(),
            max_turns: None,
            endpoint: self.endpoint.clone(),
        }
    }
}

impl std::fmt::Debug for AgentProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentProfile")
            .field("name", &self.name)
            .field("executor", &self.executor)
            .field("env", &self.env.keys())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// All agents.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The one that answers when none is named.
    pub default: String,
    /// The agents by name.
    pub agents: BTreeMap<String, AgentProfile>,
}

impl Roster {
    /// Returns an agent.
    pub fn get(&self, name: &str) -> Option<&AgentProfile> {
        self.agents.get(name)
    }

    /// Returns how many runs of an agent may be alive at the same time.
    pub(super) fn room(&self, name: &str) -> usize {
        self.get(name).map_or(1, |agent| agent.max_concurrent.max(1))
    }
}

/// Who performs the runs of one kind of executor.
#[derive(Clone, Debug)]
pub struct Carrier {
    /// How a run gets there.
    pub transport: Arc<dyn Transport>,
    /// What may be done with a run that died together with the gateway.
    pub after_crash: AfterCrash,
    /// Whether a live run takes further messages.
    pub steerable: bool,
}
