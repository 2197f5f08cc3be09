//! `status`: what the gateway is doing.

use schemas::error::WireError;
use schemas::methods::channels::ChannelAccount;
use schemas::methods::system::{
    AgentStatus, HeartbeatStatus, SessionModel, SessionsStatus, StatusOutput, StatusParams, TaskAudit,
};
use schemas::snapshot::{AgentHealth, AgentHeartbeat};

use super::health::recent;
use crate::methods::{Call, Services};
use crate::store::accounts::AccountName;

/// Returns counts, agents and what is degraded.
pub async fn status(call: Call, _: StatusParams) -> Result<StatusOutput, WireError> {
    let services = &call.services;
    let tasks = services.engine.counts().await?;
    let default = services.agents.default_agent();
    let all = recent(services, None);
    Ok(StatusOutput {
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_ms: services.uptime_ms(),
        pid: std::process::id(),
        heartbeat: HeartbeatStatus {
            default_agent_id: default.name.clone(),
            agents: services.agents.iter().map(|agent| heartbeat(&agent.name)).collect(),
        },
        channel_summary: channels(services).await?,
        queued_system_events: Vec::new(),
        tasks,
        task_audit: TaskAudit::default(),
        sessions: SessionsStatus {
            paths: vec![all.path],
            count: all.count,
            defaults: SessionModel {
                model: default.model.clone(),
                model_provider: Some(default.executor.to_string()),
                context_tokens: None,
            },
            recent: all.recent,
            by_agent: by_agent(services),
        },
        agents: agents(services),
        connections: services.hub.len() as u64,
        nodes: services.fleet.count(),
        degraded: services.jobs.degraded(),
        memory_bytes: memory(),
        url: services.security.gateway_url(),
        tls_fingerprint: services.security.certificate().map(|shown| shown.fingerprint()),
    })
}

/// Returns a line for each account on a chat platform.
async fn channels(services: &Services) -> Result<Vec<String>, WireError> {
    let accounts = crate::methods::channels::accounts(services).await?;
    let line = |(of, account): (AccountName, ChannelAccount)| {
        let state = match (account.enabled, account.running, account.connected) {
            (false, ..) => "switched off",
            (true, false, _) => "stopped",
            (true, true, true) => "connected",
            (true, true, false) => "not connected",
        };
        format!("{} {}: {state}", of.channel, of.account)
    };
    Ok(accounts.into_iter().map(line).collect())
}

fn heartbeat(agent: &str) -> serde_json::Value {
    serde_json::json!({"agentId": agent, "enabled": false, "every": "disabled", "everyMs": null})
}

fn by_agent(services: &Services) -> Vec<AgentHealth> {
    let agents = services.agents.iter().map(|agent| AgentHealth {
        agent_id: agent.name.clone(),
        is_default: agent.name == services.agents.default_name(),
        heartbeat: AgentHeartbeat::none(),
        sessions: recent(services, Some(&agent.name)),
    });
    agents.collect()
}

fn agents(services: &Services) -> Vec<AgentStatus> {
    let agents = services.agents.iter().map(|agent| AgentStatus {
        agent_id: agent.name.clone(),
        is_default: agent.name == services.agents.default_name(),
        executor: agent.executor.to_string(),
        reason: agent.reason.clone(),
        model: agent.model.clone(),
    });
    agents.collect()
}

/// Returns the resident memory in bytes, where the system tells.
pub(crate) fn memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
