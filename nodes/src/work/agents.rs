//! The agents that a worker's owner lets it run: program, folder, environment and rights are theirs alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use schemas::agent::{Endpoint, ExecutorKind};
use schemas::work::TaskPermissions;
use serde::Deserialize;

use super::wire::Facts;
use crate::executor::{AgentSpec, Assignment, Failure, FailureClass};
use crate::permission::Rights;
use crate::process::find_program;

/// `[worker.agents.NAME]`: one agent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Who performs its runs.
    pub executor: ExecutorKind,
    /// The program and its fixed arguments; may be absent where the executor finds the program itself.
    #[serde(default)]
    pub command: Vec<String>,
    /// The folder it works in; the home folder when absent.
    #[serde(default)]
    pub cwd: Option<PathBuf>,
    /// Variables of the node that it is given, besides the basic ones.
    #[serde(default)]
    pub env_pass: Vec<String>,
    /// Variables that it is given. Values may be secrets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Its model, where the task names none.
    #[serde(default)]
    pub model: Option<String>,
    /// The most turns of a run.
    #[serde(default)]
    pub max_turns: Option<u32>,
    /// Where its model answers, for the executor `model`.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
}

impl std::fmt::Debug for AgentConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentConfig")
            .field("executor", &self.executor)
            .field("command", &self.command.first())
            .field("env", &self.env.keys())
            .finish_non_exhaustive()
    }
}

/// All agents of a worker.
#[derive(Clone, Debug, Default)]
pub struct Trade {
    /// By name. A task for another name goes to the first of the same kind.
    pub agents: BTreeMap<String, AgentConfig>,
    /// Where agents work that have no folder of their own.
    pub home: PathBuf,
}

impl Trade {
    /// Returns the agents' names.
    pub fn names(&self) -> Vec<String> {
        self.agents.keys().cloned().collect()
    }

    /// Returns the kinds of executor they need.
    pub fn executors(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.agents.values().map(|agent| agent.executor.as_str().to_owned()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Makes an assignment the worker's own: its agent of that name, within the owner's limits. Of what the gateway
    /// says, the prompt, the conversation, the model and narrower rights count; its program, folder, environment and
    /// files do not.
    pub(super) fn own(&self, mut assignment: Assignment, facts: &Facts) -> Result<Assignment, Failure> {
        let asked = assignment.agent;
        let same_kind = || self.agents.values().find(|agent| agent.executor == asked.executor);
        let agent = self.agents.get(&asked.name).or_else(same_kind).ok_or_else(|| {
            let message = format!(
                "The worker {} has no agent {}; add [worker.agents.{}] to its node.toml, or dispatch to another",
                facts.name, asked.name, asked.name
            );
            Failure::new(FailureClass::Validation, "worker.no_agent", message)
        })?;
        let wanted = assignment.permissions.take().unwrap_or_default();
        let rights = Rights::of(&facts.permissions).narrowed(&wanted)?;
        let dirs = rights.dirs.iter().map(|dir| dir.to_string_lossy().into_owned()).collect();
        assignment.isolation = Some(assignment.isolation.unwrap_or(facts.isolation));
        assignment.permissions = Some(TaskPermissions { add_dirs: Some(dirs), ..wanted });
        assignment.agent = AgentSpec {
            name: asked.name,
            executor: agent.executor,
            command: agent.command.clone(),
            cwd: agent.cwd.clone().unwrap_or_else(|| self.home.clone()),
            env_pass: agent.env_pass.clone(),
            env: agent.env.clone(),
            model: asked.model.or_else(|| agent.model.clone()),
            permission_mode: rights.mode,
            allowed_tools: rights.allowed,
            disallowed_tools: rights.disallowed,
            max_turns: asked.max_turns.into_iter().chain(agent.max_turns).min(),
            endpoint: agent.endpoint.clone(),
        };
        if !assignment.attachments.is_empty() {
            let message = "Files that come with a message stay on the gateway's machine; send the task without them, \
                           or run it there";
            return Err(Failure::new(FailureClass::Validation, "worker.attachments", message));
        }
        assignment.tools = None;
        Ok(assignment)
    }

    /// Says which agents cannot run now, and why; `path` is the `PATH` on which programs are looked for.
    pub(super) fn ailments(&self, path: Option<&OsStr>) -> Vec<String> {
        let ailing = self.agents.iter().filter_map(|(name, agent)| {
            let cwd = agent.cwd.as_ref().unwrap_or(&self.home);
            if !cwd.is_dir() {
                return Some(format!("{name}: the folder {} does not exist", cwd.display()));
            }
            let program = match (agent.command.first(), agent.executor) {
                (Some(program), _) => program.as_str(),
                (None, ExecutorKind::ClaudeCode) => "claude",
                (None, _) => return None,
            };
            let found = if program.contains('/') {
                PathBuf::from(program).is_file()
            } else {
                path.is_some_and(|path| find_program(program, path).is_some())
            };
            (!found).then(|| format!("{name}: there is no program {program}"))
        });
        ailing.collect()
    }
}
