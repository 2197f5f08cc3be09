//! Everything that is pushed: names, who may see them, and payloads (protocol 6).

mod message;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{Display, EnumIter, IntoStaticStr};

use crate::clock::Millis;
use crate::methods::nodes::HostStats;
use crate::scope::Scope;
use crate::snapshot::PresenceEntry;

pub use message::{ChatMessage, TextBlock};

/// The events that the gateway pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, IntoStaticStr)]
pub enum Event {
    /// The nonce to sign; before authentication.
    #[strum(serialize = "connect.challenge")]
    ConnectChallenge,
    /// The gateway's heartbeat.
    #[strum(serialize = "tick")]
    Tick,
    /// The gateway is about to stop.
    #[strum(serialize = "shutdown")]
    Shutdown,
    /// The gateway's health changed.
    #[strum(serialize = "health")]
    Health,
    /// Who is here changed.
    #[strum(serialize = "presence")]
    Presence,
    /// A step of a run.
    #[strum(serialize = "agent")]
    Agent,
    /// The text of a run as chat clients show it.
    #[strum(serialize = "chat")]
    Chat,
    /// A line was added to a conversation; for its subscribers.
    #[strum(serialize = "session.message")]
    SessionMessage,
    /// A conversation changed; for subscribers.
    #[strum(serialize = "sessions.changed")]
    SessionsChanged,
    /// A task changed its state.
    #[strum(serialize = "task")]
    Task,
    /// A device asks to be paired.
    #[strum(serialize = "device.pair.requested")]
    DevicePairRequested,
    /// That was decided.
    #[strum(serialize = "device.pair.resolved")]
    DevicePairResolved,
    /// A setup code was used.
    #[strum(serialize = "device.pair.setup.completed")]
    DevicePairSetupCompleted,
    /// A node asks for approval of what it offers.
    #[strum(serialize = "node.pair.requested")]
    NodePairRequested,
    /// That was decided; also told to the node itself.
    #[strum(serialize = "node.pair.resolved")]
    NodePairResolved,
    /// A node is to do something; for that node alone.
    #[strum(serialize = "node.invoke.request")]
    NodeInvokeRequest,
    /// It is not waited for any more; for that node alone.
    #[strum(serialize = "node.invoke.cancel")]
    NodeInvokeCancel,
    /// A piece of a node's output; for the caller alone, if it asked for it.
    #[strum(serialize = "node.invoke.progress")]
    NodeInvokeProgress,
    /// A node came, went, or gave a sign of life.
    #[strum(serialize = "node.presence")]
    NodePresence,
    /// A node told of its machine.
    #[strum(serialize = "node.hostStats")]
    NodeHostStats,
    /// An agent asks for permission.
    #[strum(serialize = "exec.approval.requested")]
    ExecApprovalRequested,
    /// That was decided.
    #[strum(serialize = "exec.approval.resolved")]
    ExecApprovalResolved,
    /// A stranger on a chat platform asks to be let in.
    #[strum(serialize = "channels.pairing.requested")]
    ChannelsPairingRequested,
    /// That was decided.
    #[strum(serialize = "channels.pairing.resolved")]
    ChannelsPairingResolved,
    /// Accounts on chat platforms came, went, or changed how they are.
    #[strum(serialize = "channels.changed")]
    ChannelsChanged,
    /// A canvas was drawn on, presented or hidden.
    #[strum(serialize = "canvas.changed")]
    CanvasChanged,
    /// A scheduled job was changed, runs, or has run.
    #[strum(serialize = "cron")]
    Cron,
    /// A worker is to do something; for that worker alone.
    #[strum(serialize = "worker.orders")]
    WorkerOrders,
    /// A worker came, went, or changed how it is.
    #[strum(serialize = "workers.changed")]
    WorkersChanged,
    /// The configuration changed.
    #[strum(serialize = "config.changed")]
    ConfigChanged,
}

impl Event {
    /// Returns the event's name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the scope that a connection needs to receive it; `None`: everyone, nodes included.
    pub fn guard(self) -> Option<Scope> {
        match self {
            Self::ConnectChallenge
            | Self::Tick
            | Self::Shutdown
            | Self::Health
            // Sent to one connection, never published.
            | Self::NodeInvokeRequest
            | Self::NodeInvokeCancel
            | Self::WorkerOrders => None,
            Self::Presence
            | Self::Agent
            | Self::Chat
            | Self::SessionMessage
            | Self::SessionsChanged
            | Self::Task
            | Self::ChannelsChanged
            | Self::CanvasChanged
            | Self::NodeInvokeProgress
            | Self::NodePresence
            | Self::NodeHostStats
            | Self::Cron
            | Self::WorkersChanged
            | Self::ConfigChanged => Some(Scope::Read),
            Self::DevicePairRequested
            | Self::DevicePairResolved
            | Self::DevicePairSetupCompleted
            | Self::NodePairRequested
            | Self::NodePairResolved
            | Self::ChannelsPairingRequested
            | Self::ChannelsPairingResolved => Some(Scope::Pairing),
            Self::ExecApprovalRequested | Self::ExecApprovalResolved => Some(Scope::Approvals),
        }
    }

    /// Says whether a slow client may miss it: a later one, or a look at the state, makes up for it.
    pub fn droppable(self) -> bool {
        matches!(
            self,
            Self::Tick
                | Self::Health
                | Self::Presence
                | Self::SessionsChanged
                | Self::ChannelsChanged
                | Self::NodePresence
                | Self::NodeHostStats
                | Self::WorkersChanged
        )
    }
}

/// Payload of `tick`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tick {
    /// The gateway's time.
    pub ts: Millis,
}

/// Payload of `shutdown`; the close code 1012 follows.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shutdown {
    /// Why.
    pub reason: String,
    /// When it expects to be back, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_expected_ms: Option<u64>,
}

/// Payload of `presence`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// All entries.
    pub presence: Vec<PresenceEntry>,
}

/// Payload of `node.presence`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePresence {
    /// The node.
    pub node_id: String,
    /// Whether it is connected.
    pub connected: bool,
    /// `connect`, `disconnect`, `activity`, or what the node gave as reason for its sign of life.
    pub reason: String,
    /// When.
    pub ts: Millis,
    /// What it told of its person, if anything.
    #[serde(flatten)]
    pub activity: NodeActivity,
}

/// What a node tells of the person at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeActivity {
    /// When somebody last did something there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active_at_ms: Option<Millis>,
    /// When the node said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_updated_at_ms: Option<Millis>,
}

/// Payload of `node.hostStats`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeHostStats {
    /// The node.
    pub node_id: String,
    /// What it told.
    pub host_stats: HostStats,
}

/// Payload of `agent`: one step of a run (protocol 6.1).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentStep {
    /// The run.
    pub run_id: String,
    /// Its conversation.
    pub session_key: String,
    /// Its agent.
    pub agent_id: String,
    /// `lifecycle`, `assistant`, `tool`, `item`, `thinking`, `usage`, `run_status`, `retry`.
    pub stream: String,
    /// What happened, by stream.
    pub data: Value,
    /// Grows within the run; holes are allowed.
    pub seq: u64,
    /// When.
    pub ts: Millis,
}

/// Payload of `canvas.changed`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasChanged {
    /// The conversation whose canvas it is.
    pub session_key: String,
    /// What was done.
    pub action: CanvasAction,
    /// The file that was written, removed or presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `files` or `a2ui`: what is presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// When.
    pub ts: Millis,
}

/// What was done with a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CanvasAction {
    /// It is to be shown.
    Present,
    /// It is not to be shown any more.
    Hide,
    /// A file was written.
    Write,
    /// A file was removed, or all of them.
    Delete,
    /// A2UI surfaces changed.
    A2ui,
}

/// Payload of `chat`: the text of a run (protocol 6.2).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// The run.
    pub run_id: String,
    /// Its conversation.
    pub session_key: String,
    /// Its agent.
    pub agent_id: String,
    /// Grows within the run; holes are allowed.
    pub seq: u64,
    /// What this is.
    #[serde(flatten)]
    pub state: ChatState,
}

/// What a `chat` event says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum ChatState {
    /// The run is being prepared.
    Status {
        /// `preparing_workspace`, `preparing_context`, `starting_model`.
        phase: String,
    },
    /// More text.
    Delta {
        /// What is new.
        delta_text: String,
        /// Everything so far.
        message: ChatMessage,
        /// True: forget the text so far, `message` replaces it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replace: Option<bool>,
    },
    /// The end.
    Final {
        /// The whole answer; absent when another run gives it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<ChatMessage>,
        /// Why it stopped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop_reason: Option<String>,
    },
    /// Cancelled.
    Aborted {
        /// What was said until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<ChatMessage>,
        /// Who stopped it: `rpc`, `user`, `timeout`, `interrupt`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop_reason: Option<String>,
    },
    /// Failed.
    Error {
        /// What went wrong, for people.
        error_message: String,
        /// `refusal`, `timeout`, `rate_limit`, `context_length`, `unknown`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error_kind: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_states_have_the_documented_shape() {
        let event = Chat {
            run_id: "r".into(),
            session_key: "agent:main:main".into(),
            agent_id: "main".into(),
            seq: 6,
            state: ChatState::Delta {
                delta_text: "Hello".into(),
                message: ChatMessage::assistant("Hello", 1),
                replace: None,
            },
        };
        let json = serde_json::to_value(&event).expect("json");
        assert_eq!(
            json,
            serde_json::json!({"runId":"r","sessionKey":"agent:main:main","agentId":"main","seq":6,"state":"delta",
                "deltaText":"Hello","message":{"role":"assistant","content":[{"type":"text","text":"Hello"}],"timestamp":1}})
        );
    }
}
