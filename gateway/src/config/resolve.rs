//! Turns agent sections into agents that can run; with none configured, the best that is found becomes `main`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemas::agent::{Endpoint, ExecutorKind};
use schemas::session::DEFAULT_AGENT;
use secrecy::SecretString;

use super::agents::Tools;
use super::{AgentSection, Config};

/// An agent, complete.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Who executes its work.
    pub executor: ExecutorKind,
    /// Program and fixed arguments; empty for `builtin`.
    pub command: Vec<String>,
    /// Absolute working directory; it need not exist yet.
    pub cwd: PathBuf,
    /// Names of the gateway's own environment variables that are handed on.
    pub env_pass: Vec<String>,
    /// Environment variables that are set.
    pub env: BTreeMap<String, SecretString>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Models to choose from.
    pub models: Vec<String>,
    /// Permission mode, in the agent's own words.
    pub permission_mode: Option<String>,
    /// Tools that run without asking.
    pub allowed_tools: Vec<String>,
    /// Tools that are refused without asking.
    pub disallowed_tools: Vec<String>,
    /// Which of the gateway's tools it has.
    pub tools: Tools,
    /// Whether it has no other MCP servers than the gateway.
    pub only_tools: bool,
    /// Where its model answers, for `model`.
    pub endpoint: Option<Endpoint>,
    /// Longest time of one run.
    pub timeout: Duration,
    /// Runs that may be alive at the same time.
    pub max_concurrent: usize,
    /// Why this executor was chosen, in plain words.
    pub reason: String,
}

/// All agents; there is always at least one, and exactly one is the default.
#[derive(Clone, Debug)]
pub struct Agents {
    default: String,
    all: BTreeMap<String, Agent>,
}

impl Agents {
    /// Returns the name of the agent that answers when none is named.
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// Returns an agent by name.
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.all.get(name)
    }

    /// Returns the agent that answers when none is named.
    #[expect(clippy::expect_used, reason = "resolving always puts the default into the map")]
    pub fn default_agent(&self) -> &Agent {
        self.all.get(&self.default).expect("the default agent exists")
    }

    /// Lists the agents by name.
    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.all.values()
    }
}

impl Config {
    /// Returns the agents that can run; `claude` is the Claude Code program found on the PATH.
    ///
    /// Where neither `main` nor a default agent is configured, `main` is added by itself: Claude Code if it
    /// was found, else the built-in agent.
    pub fn agents(&self, claude: Option<&Path>) -> Agents {
        let mut all: BTreeMap<String, Agent> = self
            .agents
            .iter()
            .map(|(name, section)| (name.clone(), self.agent(name, section, claude)))
            .collect();
        let chosen = self.agents.iter().find(|(_, section)| section.default).map(|(name, _)| name.clone());
        let default = chosen.unwrap_or_else(|| {
            all.entry(DEFAULT_AGENT.to_owned())
                .or_insert_with(|| self.agent(DEFAULT_AGENT, &AgentSection::default(), claude));
            DEFAULT_AGENT.to_owned()
        });
        Agents { default, all }
    }

    fn agent(&self, name: &str, section: &AgentSection, claude: Option<&Path>) -> Agent {
        let (executor, command, reason) = choose(name, section, claude);
        Agent {
            name: name.to_owned(),
            executor,
            command,
            cwd: self.cwd(name, section.cwd.as_deref()),
            env_pass: section.env_pass.clone(),
            env: section.env.clone(),
            model: section.model.clone(),
            models: section.models.clone(),
            permission_mode: section.permission_mode.clone(),
            allowed_tools: section.allowed_tools.clone(),
            disallowed_tools: section.disallowed_tools.clone(),
            tools: match (&section.tools, executor) {
                (tools, kind) if kind.calls_tools() => tools.clone().unwrap_or(Tools::All(true)),
                _ => Tools::All(false),
            },
            only_tools: section.only_tools,
            endpoint: section.endpoint.clone(),
            timeout: section.timeout.0,
            max_concurrent: section.max_concurrent,
            reason,
        }
    }

    fn cwd(&self, name: &str, cwd: Option<&Path>) -> PathBuf {
        match (cwd, &self.home) {
            (None, _) => self.state_dir.join("workspaces").join(name),
            (Some(dir), Some(home)) if dir.starts_with("~") => {
                home.join(dir.strip_prefix("~").unwrap_or(dir))
            }
            (Some(dir), _) => self.state_dir.join(dir),
        }
    }
}

/// Chooses the executor and says why.
fn choose(name: &str, section: &AgentSection, claude: Option<&Path>) -> (ExecutorKind, Vec<String>, String) {
    let given = section.command.clone();
    let found = |path: &Path| vec![path.to_string_lossy().into_owned()];
    match (section.executor, claude) {
        (Some(ExecutorKind::Builtin), _) => {
            (ExecutorKind::Builtin, Vec::new(), "chosen in the configuration".into())
        }
        (Some(kind @ (ExecutorKind::Command | ExecutorKind::Acp | ExecutorKind::Model)), _) => {
            (kind, given, "chosen in the configuration".into())
        }
        (Some(ExecutorKind::ClaudeCode), _) if !given.is_empty() => {
            (ExecutorKind::ClaudeCode, given, "chosen in the configuration, with its own command".into())
        }
        (Some(ExecutorKind::ClaudeCode), Some(path)) => (
            ExecutorKind::ClaudeCode,
            found(path),
            format!("chosen in the configuration; claude found at {}", path.display()),
        ),
        (Some(ExecutorKind::ClaudeCode), None) => (
            ExecutorKind::ClaudeCode,
            vec!["claude".into()],
            format!(
                "chosen in the configuration, but no claude on PATH: install Claude Code or set agents.{name}.command"
            ),
        ),
        (None, _) if !given.is_empty() => {
            (ExecutorKind::Command, given, "a command is configured and no executor".into())
        }
        (None, Some(path)) => {
            (ExecutorKind::ClaudeCode, found(path), format!("claude found at {}", path.display()))
        }
        (None, None) => (
            ExecutorKind::Builtin,
            Vec::new(),
            format!(
                "no claude on PATH: install Claude Code and restart, or set agents.{name}.executor and .command"
            ),
        ),
    }
}

/// Returns the first executable file of that name in `path`, a list as in `PATH`.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| {
        std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    })
}
