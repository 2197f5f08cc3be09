//! `landline status` and `landline health`: how the gateway is, what it does, who answers.

use schemas::Clock;
use schemas::methods::system::{AgentStatus, GetHealth, HealthParams, Status, StatusOutput, StatusParams};
use schemas::snapshot::Health;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, BOLD, DIM, GOOD, Output};
use crate::{reach, text};

/// Shows what the gateway does.
pub(crate) async fn status(global: &Global, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let status = client.call::<Status>(&StatusParams::default()).await?;
    output.show(&status, show_status);
    Ok(())
}

fn show_status(status: &StatusOutput, output: &Output) {
    output.line(format_args!(
        "{BOLD}Landline {}{BOLD:#}  up {}, pid {}",
        status.runtime_version,
        text::length(status.uptime_ms),
        status.pid
    ));
    output.line(format_args!("Address      {}", text::clean(&status.url)));
    if let Some(fingerprint) = &status.tls_fingerprint {
        output.line(format_args!("Certificate  SHA-256 {fingerprint}"));
    }
    output.line(format_args!("Connections  {}", status.connections));
    let nodes = &status.nodes;
    if nodes.known > 0 {
        let waits = if nodes.pending > 0 { ", some wait: landline nodes pending" } else { "" };
        output.line(format_args!("Nodes        {} of {} connected{waits}", nodes.connected, nodes.known));
    }
    let tasks = &status.tasks;
    output.line(format_args!(
        "Tasks        {} active of {}, {} failed",
        tasks.active, tasks.total, tasks.failures
    ));
    output.line(format_args!("Sessions     {}", status.sessions.count));
    if let Some(memory) = status.memory_bytes {
        output.line(format_args!("Memory       {}", text::size(memory)));
    }
    for part in &status.degraded {
        output.line(format_args!("{BAD}Degraded{BAD:#}     {part}"));
    }
    for channel in &status.channel_summary {
        output.line(format_args!("Channel      {}", text::clean(channel)));
    }
    agents(&status.agents, output);
    let now = Clock::system().now();
    for session in &status.sessions.recent {
        let age = text::ago(now, session.updated_at);
        output.line(format_args!("  {}  {DIM}{age}{DIM:#}", text::clean(&session.key)));
    }
}

fn agents(agents: &[AgentStatus], output: &Output) {
    for agent in agents {
        let mark = if agent.is_default { " (default)" } else { "" };
        output.line(format_args!(
            "Agent        {}{mark}: {}  {DIM}{}{DIM:#}",
            agent.agent_id,
            agent.executor,
            text::clean(&agent.reason)
        ));
    }
}

/// Shows whether the gateway is well; it fails when it is not.
pub(crate) async fn health(global: &Global, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let health = client.call::<GetHealth>(&HealthParams::default()).await?;
    output.show(&health, show_health);
    if health.ok {
        return Ok(());
    }
    Err(Failure::failed("the gateway is not well")
        .hint("see what is degraded: landline status; the cause is in: landline logs"))
}

fn show_health(health: &Health, output: &Output) {
    if health.ok {
        output.line(format_args!("{GOOD}ok{GOOD:#}"));
    } else {
        output.line(format_args!("{BAD}not well{BAD:#}"));
    }
    output.line(format_args!("Sessions     {}", health.sessions.count));
    for agent in &health.agents {
        let mark = if agent.is_default { " (default)" } else { "" };
        output.line(format_args!("Agent        {}{mark}, {} sessions", agent.agent_id, agent.sessions.count));
    }
}
