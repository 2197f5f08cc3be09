//! What an executor is given: everything that is needed to perform one run, fit to travel to another machine.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

pub use schemas::agent::{Endpoint, ExecutorKind};
use schemas::work::{Isolation, TaskPermissions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::process::Environment;

/// One run of one task, complete: no executor looks anything up elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The task this run is an attempt of.
    pub task_id: Uuid,
    /// The run itself, as clients know it.
    pub run_id: String,
    /// Grows with every run of the task; only the highest may report.
    pub fence: u64,
    /// The session the answer belongs to.
    pub session_key: String,
    /// Who answers, and with what rights.
    pub agent: AgentSpec,
    /// The agent's own memory of the session.
    pub conversation: Conversation,
    /// The user's message; it reaches a program over stdin only, never as an argument.
    pub prompt: String,
    /// Files that came with the message.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The gateway's tools, if the agent may call them.
    #[serde(default)]
    pub tools: Option<ToolAccess>,
    /// Wall-clock limit of the run.
    pub timeout: Duration,
    /// Name and value of the environment variable that every process of the run carries, so that none can
    /// be missed when the run is ended, or after the gateway was killed.
    pub environment_marker: (String, String),
    /// The most that the run may cost, in US dollars.
    #[serde(default)]
    pub budget_usd: Option<f64>,
    /// How the run is to be kept apart; as the place has it where nothing is said.
    #[serde(default)]
    pub isolation: Option<Isolation>,
    /// What whoever dispatched the task lets it do: it only narrows what the agent and the place allow. An executor
    /// is given what is left after that was checked; of it, the folders are not in `agent` already.
    #[serde(default)]
    pub permissions: Option<TaskPermissions>,
    /// Set when the run has begun already and only its report is wanted: the number of the first step that is not
    /// stored yet. Nothing is started then.
    #[serde(default)]
    pub resume_from: Option<u64>,
}

impl Assignment {
    /// Returns the prompt, followed by one line for each attachment that says where it is stored.
    pub fn prompt_with_attachments(&self) -> String {
        let mut prompt = self.prompt.clone();
        for attachment in &self.attachments {
            // The sender chose the name: no line of its own may come out of it.
            let name: String = attachment.name.chars().filter(|c| !c.is_control()).collect();
            let place = attachment.path.display();
            let _ = write!(prompt, "\n\nAttached file \"{name}\" ({}): {place}", attachment.mime_type);
        }
        prompt
    }
}

/// How an agent is run, as configured under its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// The agent's configured name.
    pub name: String,
    /// Which executor performs its runs.
    pub executor: ExecutorKind,
    /// The program and its fixed arguments; may be empty where the executor finds the program itself.
    #[serde(default)]
    pub command: Vec<String>,
    /// The working directory of its processes.
    pub cwd: PathBuf,
    /// Names of the gateway's own environment variables that are handed on.
    #[serde(default)]
    pub env_pass: Vec<String>,
    /// Environment variables set for this agent. Values may be secrets: `Debug` shows the names only.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The model to ask for; the agent's own default without it.
    #[serde(default)]
    pub model: Option<String>,
    /// The agent's permission mode, in the agent's own words.
    #[serde(default)]
    pub permission_mode: Option<String>,
    /// Tools that run without asking, in the agent's own words, for example `Bash(git status:*)`.
    #[serde(default)]
    pub allowed_tools: Vec<String>,
    /// Tools that are refused without asking, in the agent's own words.
    #[serde(default)]
    pub disallowed_tools: Vec<String>,
    /// The most turns (requests to the model) a run may take.
    #[serde(default)]
    pub max_turns: Option<u32>,
    /// Where its model answers, for the executor `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// The way to the gateway's tools (MCP over HTTP), good for this run only. `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolAccess {
    /// The endpoint, as it is reached from where the run is.
    pub url: String,
    /// The bearer to show; dies with the run.
    pub token: String,
    /// A folder of the run's own that does not exist yet, for files that nobody else may read.
    pub folder: PathBuf,
    /// Whether the agent is to have no other MCP servers than the gateway.
    pub only: bool,
    /// How long one call may take.
    pub call_timeout: Duration,
}

impl fmt::Debug for ToolAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The agent's own memory of a session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The id the agent keeps it under.
    pub id: Uuid,
    /// Whether the agent already holds it; a fresh one is begun under `id` otherwise.
    pub resume: bool,
    /// What the conversation had cost before this run ([`Usage::conversation_cost_usd`] of the last one), so
    /// that this run's own share can be told.
    ///
    /// [`Usage::conversation_cost_usd`]: super::Usage::conversation_cost_usd
    #[serde(default)]
    pub cost_before_usd: Option<f64>,
}

/// A file that came with the message, already stored on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The sender's name for it; untrusted, for display only.
    pub name: String,
    /// Its media type, for example `image/png`.
    pub mime_type: String,
    /// Where it is stored.
    pub path: PathBuf,
}

impl AgentSpec {
    /// Returns what its processes are given of `own`, the gateway's environment: the variables named in
    /// `defaults` and in `env_pass`, and on top of them `env`.
    pub fn environment(&self, own: &Environment, defaults: &[&str]) -> Environment {
        let passed = self.env_pass.iter().map(String::as_str);
        let mut given = own.pick(defaults.iter().copied().chain(passed));
        for (name, value) in &self.env {
            given.set(name, value);
        }
        given
    }
}

impl fmt::Debug for AgentSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentSpec")
            .field("name", &self.name)
            .field("executor", &self.executor)
            .field("command", &self.command.first())
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys())
            .field("model", &self.model)
            .field("permission_mode", &self.permission_mode)
            .finish_non_exhaustive()
    }
}
