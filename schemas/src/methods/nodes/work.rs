//! Work that is left for nodes that may be asleep (protocol 5.7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;

/// What can be left for a node.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
pub enum WorkType {
    /// To tell how it is.
    #[serde(rename = "status.request")]
    #[strum(serialize = "status.request")]
    Status,
    /// To tell where it is.
    #[serde(rename = "location.request")]
    #[strum(serialize = "location.request")]
    Location,
}

/// How soon.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum WorkPriority {
    /// In its turn.
    #[default]
    Normal,
    /// Before everything that is not.
    High,
}

/// Parameters of `node.pending.enqueue`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePendingEnqueueParams {
    /// The node.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// What.
    #[serde(rename = "type")]
    pub kind: WorkType,
    /// How soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<WorkPriority>,
    /// When it is no longer wanted; a day if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1000, max = 86_400_000))]
    pub expires_in_ms: Option<u64>,
    /// Whether to wake the node. Landline has no push service, so it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<bool>,
}

/// One piece of work.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkItem {
    /// To acknowledge it.
    pub id: String,
    /// What.
    #[serde(rename = "type")]
    pub kind: WorkType,
    /// How soon.
    pub priority: WorkPriority,
    /// When it was left.
    pub created_at_ms: Millis,
    /// When it is no longer wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<Millis>,
    /// Particulars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// Output of `node.pending.enqueue`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingEnqueueOutput {
    /// The node.
    pub node_id: String,
    /// Grows with each change of what waits for the node.
    pub revision: u64,
    /// What was left. The same work that waits already is not left twice.
    pub queued: WorkItem,
    /// Whether the node was woken.
    pub wake_triggered: bool,
}

/// Parameters of `node.pending.drain`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePendingDrainParams {
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub max_items: Option<u64>,
}

/// Output of `node.pending.drain`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingDrainOutput {
    /// The node.
    pub node_id: String,
    /// Grows with each change.
    pub revision: u64,
    /// Work, most urgent first.
    pub items: Vec<WorkItem>,
    /// Whether there is more.
    pub has_more: bool,
}

/// A command that waits until the node's app is in the foreground.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingAction {
    /// To acknowledge it.
    pub id: String,
    /// The command.
    pub command: String,
    /// Its arguments as text.
    #[serde(rename = "paramsJSON")]
    pub params_json: Option<String>,
    /// When it was asked.
    pub enqueued_at_ms: Millis,
}

/// Output of `node.pending.pull`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingPullOutput {
    /// The node.
    pub node_id: String,
    /// Commands, oldest first.
    pub actions: Vec<PendingAction>,
}

/// Parameters of `node.pending.ack`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePendingAckParams {
    /// What is done.
    #[schemars(length(min = 1, max = 64))]
    pub ids: Vec<String>,
}

/// Output of `node.pending.ack`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingAckOutput {
    /// The node.
    pub node_id: String,
    /// What was acknowledged.
    pub acked_ids: Vec<String>,
    /// What still waits.
    pub remaining_count: u64,
}
