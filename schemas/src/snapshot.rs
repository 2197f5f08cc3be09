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

/// The result of `health` (protocol 5.2). Stock clients take no other fields; what Landline knows besides is in
/// `status`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Always true: a gateway that is not well does not answer, or is named degraded in `status`.
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
    /// The agents.
    pub agents: Vec<AgentHealth>,
    /// Conversations.
    pub sessions: SessionsHealth,
}

/// One agent within [`Health`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    /// The agent's name in the configuration.
    pub agent_id: String,
    /// Whether it answers when none is named.
    pub is_default: bool,
    /// Its heartbeat.
    pub heartbeat: AgentHeartbeat,
    /// Its conversations.
    pub sessions: SessionsHealth,
}

/// When an agent is woken by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHeartbeat {
    /// Whether it is.
    pub enabled: bool,
    /// How often, in words.
    pub every: String,
    /// How often, in milliseconds.
    pub every_ms: Option<u64>,
    /// With what prompt.
    pub prompt: String,
    /// Where the answer goes.
    pub target: String,
    /// Characters up to which an answer counts as "nothing to say".
    pub ack_max_chars: u64,
}

impl AgentHeartbeat {
    /// Returns the state of an agent that is never woken by itself.
    pub fn none() -> Self {
        Self {
            enabled: false,
            every: "disabled".into(),
            every_ms: None,
            prompt: String::new(),
            target: "none".into(),
            ack_max_chars: 300,
        }
    }
}

/// Conversations within [`Health`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SessionsHealth {
    /// Where they are stored.
    pub path: String,
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
    /// How long ago that was, in milliseconds.
    pub age: Millis,
}
