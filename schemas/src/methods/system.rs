//! Status, presence and the log (protocol 5.2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ADMIN, Access, Done, NoParams, READ, WRITE, methods};
use crate::clock::Millis;
use crate::fingerprint::Fingerprint;
use crate::methods::nodes::NodesStatus;
use crate::snapshot::{AgentHealth, Health, PresenceEntry, RecentSession};

methods! {
    /// How the gateway is. Needs no scope and also answers nodes.
    GetHealth "health" Access::Anyone, Natural, HealthParams => Health;
    /// What it is doing.
    Status "status" READ, Natural, StatusParams => StatusOutput;
    /// Who is here.
    SystemPresence "system-presence" READ, Natural, NoParams => Vec<PresenceEntry>;
    /// The last heartbeat of an agent; null before the first.
    LastHeartbeat "last-heartbeat" READ, Natural, NoParams => Option<Heartbeat>;
    /// Tells the gateway something about the caller's machine; shown in its presence entry.
    SystemEvent "system-event" ADMIN, Natural, SystemEventParams => Done;
    /// Gives an agent something to think about, as a message into its main conversation.
    Wake "wake" WRITE, Natural, WakeParams => Done;
    /// The gateway's own identity.
    GatewayIdentity "gateway.identity.get" READ, Natural, NoParams => GatewayIdentityOutput;
    /// The last lines of the log.
    LogsTail "logs.tail" READ, Natural, LogsTailParams => LogsTailOutput;
}

/// Parameters of `health`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HealthParams {
    /// Accepted for older clients; the state is always fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
}

/// Parameters of `status`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusParams {
    /// Whether to list the channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_channel_summary: Option<bool>,
}

/// What the gateway is doing.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusOutput {
    /// Landline's version.
    pub runtime_version: String,
    /// Milliseconds since its start.
    pub uptime_ms: u64,
    /// Its process id.
    pub pid: u32,
    /// Heartbeats of the agents.
    pub heartbeat: HeartbeatStatus,
    /// One line a channel.
    pub channel_summary: Vec<String>,
    /// Events that wait for an agent's next turn.
    pub queued_system_events: Vec<String>,
    /// Tasks of all time.
    pub tasks: TaskCounts,
    /// Findings about them.
    pub task_audit: TaskAudit,
    /// Conversations.
    pub sessions: SessionsStatus,
    /// Agents, who executes them and why.
    pub agents: Vec<AgentStatus>,
    /// Open connections.
    pub connections: u64,
    /// Nodes.
    #[serde(default)]
    pub nodes: NodesStatus,
    /// Parts that keep failing and are begun again.
    pub degraded: Vec<String>,
    /// Resident memory of the gateway in bytes, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Address under which others reach the gateway.
    pub url: String,
    /// SHA-256 of the certificate that the port shows, if it speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_fingerprint: Option<Fingerprint>,
}

/// An agent, who executes it and why.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentStatus {
    /// Its name in the configuration.
    pub agent_id: String,
    /// Whether it answers when none is named.
    pub is_default: bool,
    /// `builtin`, `claude_code`, `command`, `acp` or `model`.
    pub executor: String,
    /// Why, in plain words.
    pub reason: String,
    /// Its model, if one is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Tasks of all time within [`StatusOutput`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskCounts {
    /// All of them.
    pub total: u64,
    /// Those that have not ended.
    pub active: u64,
    /// Those that have.
    pub terminal: u64,
    /// Those that failed.
    pub failures: u64,
    /// By state.
    pub by_status: BTreeMap<String, u64>,
}

/// Findings about tasks within [`StatusOutput`]; none are made so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskAudit {
    /// All of them.
    pub total: u64,
    /// Worth a look.
    pub warnings: u64,
    /// Wrong.
    pub errors: u64,
    /// By kind.
    pub by_code: BTreeMap<String, u64>,
}

/// Heartbeats within [`StatusOutput`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatStatus {
    /// The agent that answers when none is named.
    pub default_agent_id: String,
    /// Their heartbeats.
    pub agents: Vec<Value>,
}

/// Conversations within [`StatusOutput`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsStatus {
    /// Where they are stored.
    pub paths: Vec<String>,
    /// How many there are.
    pub count: u64,
    /// The model of new ones.
    pub defaults: SessionModel,
    /// The latest ones.
    pub recent: Vec<RecentSession>,
    /// The same by agent.
    pub by_agent: Vec<AgentHealth>,
}

/// The model of new conversations.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionModel {
    /// Its name, if one is configured.
    pub model: Option<String>,
    /// Its provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<String>,
    /// Its context window, if known.
    pub context_tokens: Option<u64>,
}

/// A heartbeat of an agent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// When.
    pub ts: Millis,
    /// How it ended.
    pub status: String,
    /// The beginning of what was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

/// Parameters of `system-event`. Further fields of beacons are accepted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SystemEventParams {
    /// What happened.
    #[schemars(length(min = 1, max = 4096))]
    pub text: String,
}

/// Parameters of `wake`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WakeParams {
    /// What to think about.
    #[schemars(length(min = 1, max = 65536))]
    pub text: String,
    /// Whether to start at once. Without heartbeats, `next-heartbeat` starts at once as well.
    pub mode: WakeMode,
    /// The conversation; the main one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent; the default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// When to wake.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WakeMode {
    /// At once.
    Now,
    /// With the next heartbeat.
    NextHeartbeat,
}

/// The gateway's own identity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayIdentityOutput {
    /// Hex SHA-256 of the public key.
    pub device_id: String,
    /// Base64url of the raw Ed25519 key.
    pub public_key: String,
}

/// Parameters of `logs.tail`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogsTailParams {
    /// Byte position to go on from; absent: the last lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// Lines at most; 500 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5000))]
    pub limit: Option<u32>,
    /// Bytes at most; 250,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_bytes: Option<u64>,
}

/// The last lines of the log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogsTailOutput {
    /// The log file.
    pub file: String,
    /// Where to go on.
    pub cursor: u64,
    /// The file's size.
    pub size: u64,
    /// Whole lines.
    pub lines: Vec<String>,
    /// Whether lines were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
    /// Whether the cursor was no longer valid, so that the answer starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}
