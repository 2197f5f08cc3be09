//! The state that a client starts from: presence, health and their versions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;

/// Counters that grow with each change of presence and health, so that older state can be told and dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateVersion {
    /// Version of the presence list.
    pub presence: u64,
    /// Version of the health state.
    pub health: u64,
}

/// One connected device or program (protocol 5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceEntry {
    /// Last sign of life.
    pub ts: Millis,
    /// Name of the machine or program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Address it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Version of its software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its kind of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// Its time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Its client mode; `gateway` for the gateway itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Why the entry last changed: self, connect, disconnect, periodic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Free text, from `system-event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Since when it is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online_since: Option<Millis>,
    /// Its device id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Roles of its open connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Scopes of its open connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The client's own instance id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// The result of `health` (protocol 5.2).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// True while the store can be written and no part is degraded.
    pub ok: bool,
    /// When this state was taken.
    pub ts: Millis,
    /// How long that took, in milliseconds.
    pub duration_ms: u64,
    /// Chat platforms by id; empty while none is configured.
    pub channels: BTreeMap<String, Value>,
    /// Their order.
    pub channel_order: Vec<String>,
    /// Their names for people.
    pub channel_labels: BTreeMap<String, String>,
    /// Seconds between heartbeats of the agents; 0: none.
    pub heartbeat_seconds: u64,
    /// The agent that answers when none is named.
    pub default_agent_id: String,
    /// Agents and who executes them.
    pub agents: Vec<AgentHealth>,
    /// Conversations.
    pub sessions: SessionsHealth,
    /// Tasks that are not finished.
    pub tasks: TasksHealth,
    /// Supervised jobs that failed too often lately, by name.
    pub degraded: Vec<String>,
    /// Resident memory of the gateway in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// One agent within [`Health`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    /// The agent's name in the configuration.
    pub agent_id: String,
    /// Whether it answers when none is named.
    pub is_default: bool,
    /// Who executes it: builtin, `claude_code` or command.
    pub executor: String,
    /// Why that executor was chosen, in plain words.
    pub reason: String,
}

/// Conversations within [`Health`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SessionsHealth {
    /// How many there are.
    pub count: u64,
    /// The latest ones.
    pub recent: Vec<RecentSession>,
}

/// A recently used conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecentSession {
    /// Its session key.
    pub key: String,
    /// When it last changed.
    pub updated_at: Millis,
}

/// Unfinished tasks within [`Health`].
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct TasksHealth {
    /// Tasks with a live run.
    pub running: u64,
    /// Tasks that wait for their turn.
    pub queued: u64,
}
