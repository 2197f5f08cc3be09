//! Looks who answers: the default agent and the program behind it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use gateway::config::{Agent, Config, find_program};
use schemas::agent::ExecutorKind;
use tokio::process::Command;

use super::Check;

/// Longest wait for a program to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at the default agent.
pub(crate) async fn agents(config: &Config) -> Check {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let agents = config.agents(find_program("claude", &path).as_deref());
    let agent = agents.default_agent();
    match agent.executor {
        ExecutorKind::Builtin => Check::warn(
            "agent",
            format!("{} answers without a model: {}", agent.name, agent.reason),
            "install Claude Code (npm install -g @anthropic-ai/claude-code) and restart the gateway",
        ),
        ExecutorKind::ClaudeCode => claude(agent).await,
        ExecutorKind::Command | ExecutorKind::Acp => program(agent, &path),
        ExecutorKind::Model => model(agent),
    }
}

fn model(agent: &Agent) -> Check {
    let endpoint = agent.endpoint.clone().unwrap_or_default();
    let unset = endpoint.api_key_env.filter(|name| std::env::var_os(name).is_none());
    match unset {
        Some(name) => Check::warn(
            "agent",
            format!("{} asks {}, and {name} is not set here", agent.name, endpoint.base_url),
            "set the variable where the gateway is started",
        ),
        None => Check::ok("agent", format!("{} asks {}", agent.name, endpoint.base_url)),
    }
}

async fn claude(agent: &Agent) -> Check {
    let program = agent.command.first().map_or("claude", String::as_str);
    let fix = format!("install Claude Code, or set agents.{}.command", agent.name);
    match version(program).await {
        Ok(version) => {
            Check::ok("agent", format!("{} is Claude Code {version} ({})", agent.name, agent.reason))
        }
        Err(why) => Check::fail("agent", format!("{program} --version: {why}"), fix),
    }
}

/// Asks a program for its version.
pub(crate) async fn version(program: &str) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let done =
        tokio::time::timeout(PATIENCE, command.output()).await.map_err(|_| "no answer in time".to_owned())?;
    let done = done.map_err(|error| error.to_string())?;
    if !done.status.success() {
        return Err(format!("ended with {}", done.status));
    }
    Ok(String::from_utf8_lossy(&done.stdout).lines().next().unwrap_or_default().to_owned())
}

fn program(agent: &Agent, path: &OsStr) -> Check {
    let program = agent.command.first().map_or("", String::as_str);
    let found = if program.contains('/') {
        Path::new(program).exists().then(|| program.into())
    } else {
        find_program(program, path)
    };
    match found {
        Some(found) => Check::ok("agent", format!("{} runs {}", agent.name, found.display())),
        None => Check::fail(
            "agent",
            format!("{} runs {program}, which is not on PATH", agent.name),
            format!("install it, or set agents.{}.command to its whole path", agent.name),
        ),
    }
}
