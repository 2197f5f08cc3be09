//! Sections `[agents.NAME]`: who answers, and with what rights.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use schemas::agent::{Endpoint, ExecutorKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::error::Mistake;
use super::value::{self, Span};

/// Section `[agents.NAME]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSection {
    /// Who executes its work: `builtin`, `claude_code`, `command`, `acp` or `model`. Without it the best one found is taken.
    pub executor: Option<ExecutorKind>,
    /// Program and arguments; needed for `command` and `acp`, for `claude_code` only where `claude` is not on the PATH.
    pub command: Vec<String>,
    /// Working directory; `~/` is the home directory. Without it `workspaces/NAME` in the state directory.
    pub cwd: Option<PathBuf>,
    /// Names of the gateway's own environment variables that its processes get.
    pub env_pass: Vec<String>,
    /// Environment variables that its processes get; the values count as secrets.
    #[serde(serialize_with = "value::hide_all", deserialize_with = "value::secrets")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub env: BTreeMap<String, SecretString>,
    /// The model to ask for; the executor's own default without it.
    pub model: Option<String>,
    /// Models to choose from.
    pub models: Vec<String>,
    /// Permission mode, in the agent's own words, for example `acceptEdits`.
    pub permission_mode: Option<String>,
    /// Tools that run without asking, in the agent's own words, for example `Bash(git status:*)`.
    pub allowed_tools: Vec<String>,
    /// Tools that are refused without asking, in the agent's own words.
    pub disallowed_tools: Vec<String>,
    /// The gateway's own tools that it may call: `true` (all), `false` (none) or a list of names such as `["canvas_*"]`.
    /// Without it all, for `claude_code`, `acp` and `model`.
    pub tools: Option<Tools>,
    /// Whether it has no other MCP servers than the gateway, whatever its own settings name.
    pub only_tools: bool,
    /// Where its model answers; needed for `model`.
    pub endpoint: Option<Endpoint>,
    /// Longest time that one run may take, for example `"30m"`.
    #[schemars(with = "String")]
    pub timeout: Span,
    /// Runs of this agent that may be alive at the same time, 1 to 32.
    pub max_concurrent: usize,
    /// Whether this agent answers when none is named; without any, `main` does.
    pub default: bool,
}

impl Default for AgentSection {
    fn default() -> Self {
        Self {
            executor: None,
            command: Vec::new(),
            cwd: None,
            env_pass: Vec::new(),
            env: BTreeMap::new(),
            model: None,
            models: Vec::new(),
            permission_mode: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            tools: None,
            only_tools: false,
            endpoint: None,
            timeout: Span(Duration::from_mins(30)),
            max_concurrent: DEFAULT_CONCURRENT,
            default: false,
        }
    }
}

/// Which of the gateway's tools an agent has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Tools {
    /// All or none.
    All(bool),
    /// Those named; a name that ends in `*` stands for all that begin so.
    Named(Vec<String>),
}

/// Runs of one agent at the same time where the configuration says nothing: several conversations go on
/// side by side, and a small machine still carries them.
const DEFAULT_CONCURRENT: usize = 4;

/// Most runs of one agent at the same time (requirements C-30).
const MAX_CONCURRENT: usize = 32;

/// Collects what is wrong with all agents.
pub(super) fn check(agents: &BTreeMap<String, AgentSection>, mistakes: &mut Vec<Mistake>) {
    let defaults: Vec<&str> =
        agents.iter().filter(|(_, a)| a.default).map(|(name, _)| name.as_str()).collect();
    if let [first, second, ..] = defaults.as_slice() {
        let message =
            format!("agents \"{first}\" and \"{second}\" are both the default: set it for one of them");
        mistakes.push(Mistake::at(format!("agents.{second}.default"), message));
    }
    for (name, agent) in agents {
        check_one(name, agent, mistakes);
    }
}

fn check_one(name: &str, agent: &AgentSection, mistakes: &mut Vec<Mistake>) {
    let mut wrong =
        |key: &str, message: String| mistakes.push(Mistake::at(format!("agents.{name}{key}"), message));
    if !is_name(name) {
        wrong("", format!("\"{name}\" is no agent name: use up to 64 letters, digits, - and _"));
    }
    if let Some(kind @ (ExecutorKind::Command | ExecutorKind::Acp)) = agent.executor
        && agent.command.is_empty()
    {
        wrong(
            ".command",
            format!("executor = \"{kind}\" needs a program: command = [\"program\", \"argument\"]"),
        );
    }
    if let Some(kind @ (ExecutorKind::Builtin | ExecutorKind::Model)) = agent.executor
        && !agent.command.is_empty()
    {
        wrong(".command", format!("the {kind} agent runs no program: remove command or set executor"));
    }
    check_endpoint(agent, &mut wrong);
    if let Some(Tools::Named(names)) = &agent.tools {
        for tool in names.iter().filter(|name| !is_tool(name)) {
            wrong(
                ".tools",
                format!("there is no tool \"{tool}\"; `landline mcp --list` names those there are"),
            );
        }
    }
    let wants_tools = agent.tools.as_ref().is_some_and(|tools| *tools != Tools::All(false));
    if wants_tools && agent.executor.is_some_and(|executor| !executor.calls_tools()) {
        wrong(".tools", "only claude_code, acp and model agents can call the gateway's tools".into());
    }
    if agent.command.first().is_some_and(String::is_empty) {
        wrong(".command", "the program's name must not be empty".into());
    }
    if !(1..=MAX_CONCURRENT).contains(&agent.max_concurrent) {
        wrong(".max_concurrent", format!("allowed are 1 to {MAX_CONCURRENT}"));
    }
    if agent.timeout.0 > Duration::from_hours(168) {
        wrong(".timeout", "at most 7 days, \"168h\"".into());
    }
    for variable in agent.env.keys().filter(|variable| !is_variable(variable)) {
        wrong(".env", format!("\"{variable}\" is no name of an environment variable"));
    }
    for variable in agent.env_pass.iter().filter(|variable| !is_variable(variable)) {
        wrong(".env_pass", format!("\"{variable}\" is no name of an environment variable"));
    }
}

fn check_endpoint(agent: &AgentSection, wrong: &mut impl FnMut(&str, String)) {
    match (&agent.endpoint, agent.executor) {
        (Some(endpoint), Some(ExecutorKind::Model)) => {
            if let Some((field, why)) = endpoint.mistake() {
                wrong(&format!(".endpoint.{field}"), why);
            }
            if agent.model.is_none() {
                wrong(".model", "name the model: executor = \"model\" asks for no other".into());
            }
        }
        (None, Some(ExecutorKind::Model)) => {
            wrong(
                ".endpoint",
                "say where the model answers: endpoint = { base_url = \"https://…/v1\" }".into(),
            );
        }
        (Some(_), _) => wrong(".endpoint", "only executor = \"model\" has an endpoint".into()),
        (None, _) => {}
    }
}

fn is_tool(name: &str) -> bool {
    let mut known = schemas::tools::TOOLS.iter().filter(|tool| tool.for_agents);
    match name.strip_suffix('*') {
        Some(start) => known.any(|tool| tool.name.starts_with(start)),
        None => known.any(|tool| tool.name == name),
    }
}

/// Agents are part of session keys, paths and dotted config keys: only plain characters are allowed.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}
