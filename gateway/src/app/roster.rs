//! From configuration to the engine: which agents there are and who carries their runs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use nodes::executor::{Acp, AfterCrash, ClaudeCode, Command, Executor, ExecutorKind, Memory, Model};
use nodes::process::Environment;
use nodes::transport::Local;
use secrecy::ExposeSecret as _;

use crate::chat::Chat;
use crate::chat::builtin::Builtin;
use crate::config::{Agent, Agents, Tools};
use crate::security::ToolSet;
use crate::tasks::{AgentProfile, Carrier, RUNS, Roster};

/// Returns the agents as the engine knows them.
pub(super) fn roster(agents: &Agents) -> Roster {
    Roster {
        default: agents.default_name().to_owned(),
        agents: agents.iter().map(|agent| (agent.name.clone(), profile(agent))).collect(),
    }
}

fn profile(agent: &Agent) -> AgentProfile {
    let env = agent.env.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    AgentProfile {
        name: agent.name.clone(),
        executor: agent.executor,
        command: agent.command.clone(),
        cwd: agent.cwd.clone(),
        env_pass: agent.env_pass.clone(),
        env: env.collect(),
        model: agent.model.clone(),
        models: agent.models.clone(),
        permission_mode: agent.permission_mode.clone(),
        allowed_tools: agent.allowed_tools.clone(),
        disallowed_tools: agent.disallowed_tools.clone(),
        tools: match &agent.tools {
            Tools::All(true) => ToolSet::All,
            Tools::All(false) => ToolSet::None,
            Tools::Named(names) => ToolSet::Only(names.clone()),
        },
        only_tools: agent.only_tools,
        endpoint: agent.endpoint.clone(),
        timeout: agent.timeout,
        max_concurrent: agent.max_concurrent,
        reason: agent.reason.clone(),
    }
}

/// Makes the folders that agents work in and that nobody named; one that a person named must exist.
pub(super) fn make_workspaces(agents: &Agents, state_dir: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    for agent in agents.iter().filter(|agent| agent.cwd.starts_with(state_dir)) {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&agent.cwd);
        if let Err(error) = made {
            // The agent's first run fails with the same reason, where the person sees it.
            tracing::warn!(agent = %agent.name, %error, "The agent's folder could not be made");
        }
    }
}

/// Removes what runs left behind that ended with the gateway; the tokens in it are dead.
pub(super) fn sweep_runs(state_dir: &Path) {
    match std::fs::remove_dir_all(state_dir.join(RUNS)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "The folders of former runs could not be removed");
        }
        _ => {}
    }
}

/// Returns who carries the runs of each kind of executor; all of them on this machine.
pub(super) fn carriers(chat: &Chat, state_dir: &Path) -> HashMap<ExecutorKind, Carrier> {
    let environment = Environment::of_process();
    let memory = |name: &str| Memory::new(state_dir.join(name));
    HashMap::from([
        (ExecutorKind::Builtin, local(Builtin::new(chat.clone()), false)),
        (ExecutorKind::ClaudeCode, local(ClaudeCode::new(environment.clone()), true)),
        (ExecutorKind::Command, local(Command::new(environment.clone()), false)),
        (ExecutorKind::Acp, local(Acp::new(environment.clone(), memory("acp")), false)),
        (ExecutorKind::Model, local(Model::new(environment, memory("model")), false)),
    ])
}

fn local<E: Executor>(executor: E, steerable: bool) -> Carrier {
    let after_crash: AfterCrash = executor.after_crash();
    Carrier { transport: Arc::new(Local(executor)), after_crash, steerable }
}
