//! Nodes as operators see and use them (protocol 5.7, 7, 8).

mod approve;
mod exec;
mod serve;
mod work;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ADMIN, Access, NoParams, PAIRING, READ, WRITE, methods};
use crate::clock::Millis;
use crate::event::NodeActivity;

pub use approve::*;
pub use exec::*;
pub use serve::*;
pub use work::*;

methods! {
    /// Nodes: what each is, offers and may be asked.
    NodeList "node.list" READ, Natural, NoParams => NodeListOutput;
    /// One node, with the arguments that its commands take.
    NodeDescribe "node.describe" READ, Natural, NodeParams => NodeDescribeOutput;
    /// Has a node do something. Commands that run programs on it need admin.
    NodeInvoke "node.invoke" WRITE, Task, NodeInvokeParams => NodeInvokeOutput;
    /// A node's answer to `node.invoke.request`.
    NodeInvokeResult "node.invoke.result" Access::Node, Natural, NodeInvokeResultParams => Taken;
    /// Names a node. Others than one's own need admin.
    NodeRename "node.rename" PAIRING, Natural, NodeRenameParams => NodeRenameOutput;
    /// Nodes that wait for approval of what they offer, and those that have it.
    NodePairList "node.pair.list" PAIRING, Natural, NoParams => NodePairListOutput;
    /// Allows what a node offers. What runs programs needs admin, anything else that can be called needs write.
    NodePairApprove "node.pair.approve" PAIRING, Natural, super::devices::RequestParams => NodePairApproveOutput;
    /// Refuses what a node asks for; what was approved before stays.
    NodePairReject "node.pair.reject" PAIRING, Natural, super::devices::RequestParams => NodePairRejectOutput;
    /// Forgets a node and closes its connection. Others than one's own need admin.
    NodePairRemove "node.pair.remove" PAIRING, Natural, NodeParams => NodePairRemoveOutput;
    /// Runs a program on a node: the node plans it, the policy or somebody allows just that plan, the node runs it. This
    /// is how agents run programs.
    NodeExec "node.exec" WRITE, Task, NodeExecParams => NodeExecOutput;
    /// Which programs a node itself lets be run without asking, as its own file has it.
    ExecApprovalsNodeGet "exec.approvals.node.get" ADMIN, Natural, NodeParams => Value;
    /// Replaces that.
    ExecApprovalsNodeSet "exec.approvals.node.set" ADMIN, Natural, ExecApprovalsNodeSetParams => Value;
    /// Leaves work for a node that may be asleep.
    NodePendingEnqueue "node.pending.enqueue" WRITE, Natural, NodePendingEnqueueParams => NodePendingEnqueueOutput;
    /// What a node tells of itself and asks of agents.
    NodeEvent "node.event" Access::Node, Natural, NodeEventParams => NodeEventOutput;
    /// A piece of output before that answer.
    NodeInvokeProgress "node.invoke.progress" Access::Node, Natural, NodeInvokeProgressParams => Taken;
    /// Takes work that was left for the node; it comes again until it is acknowledged.
    NodePendingDrain "node.pending.drain" Access::Node, Natural, NodePendingDrainParams => NodePendingDrainOutput;
    /// Commands that wait until the node's app is in the foreground.
    NodePendingPull "node.pending.pull" Access::Node, Natural, NoParams => NodePendingPullOutput;
    /// Says that work is done.
    NodePendingAck "node.pending.ack" Access::Node, Natural, NodePendingAckParams => NodePendingAckOutput;
    /// Publishes which arguments the node's commands take.
    NodeSchemasUpdate "node.schemas.update" Access::Node, Natural, NodeSchemasUpdateParams => NodeSchemasUpdateOutput;
}

/// Parameters that name a node.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeParams {
    /// The node, which is its device's id.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
}

/// What a node offers, or what of that was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surface {
    /// Families of commands.
    pub caps: Vec<String>,
    /// Commands.
    pub commands: Vec<String>,
    /// What the machine's owner granted its program: camera, microphone …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub permissions: BTreeMap<String, bool>,
}

/// How far a node's surface is approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ApprovalState {
    /// Nothing is approved and nothing waits: it was rejected, or it offers nothing.
    #[default]
    Unapproved,
    /// Nothing is approved yet; a request waits.
    PendingApproval,
    /// It asks for more than was approved; that waits, the rest works.
    PendingReapproval,
    /// All that it offers.
    Approved,
}

/// A node as lists show it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// The node, which is its device's id.
    pub node_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its operating system, as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// Where it was last connected from, unless that was this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// Families of commands that were approved.
    pub caps: Vec<String>,
    /// Commands that can be called: approved, offered now and allowed by the configuration.
    pub commands: Vec<String>,
    /// The PATH on which it finds programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_env: Option<String>,
    /// What the machine's owner granted its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, bool>>,
    /// Always true: who is not paired is not shown.
    pub paired: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// How far what it offers is approved.
    pub approval_state: ApprovalState,
    /// To approve or reject; for those who may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_request_id: Option<String>,
    /// Families it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_declared_caps: Option<Vec<String>>,
    /// Commands it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_declared_commands: Option<Vec<String>>,
    /// Permissions it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_declared_permissions: Option<BTreeMap<String, bool>>,
    /// What it last told of its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_stats: Option<HostStats>,
    /// Since when it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at_ms: Option<Millis>,
    /// When it last connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_at_ms: Option<Millis>,
    /// When it last gave a sign of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<Millis>,
    /// Which: `connect`, `disconnect`, or a trigger of `node.presence.alive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_reason: Option<String>,
    /// What it told of the person at it.
    #[serde(flatten)]
    pub activity: NodeActivity,
    /// When its surface was last approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at_ms: Option<Millis>,
    /// Work that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_work: Option<u64>,
}

/// How many nodes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodesStatus {
    /// All that are known.
    pub known: u64,
    /// Of these, connected.
    pub connected: u64,
    /// Of these, waiting for approval of something.
    pub pending: u64,
    /// Requests that nodes have not answered yet.
    pub waiting: u64,
}

/// What a node tells of its machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostStats {
    /// Processors.
    pub cpu_count: u64,
    /// Load over one, five and fifteen minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_average: Option<[f64; 3]>,
    /// Memory in bytes.
    pub memory_total_bytes: u64,
    /// Of that, free.
    pub memory_free_bytes: u64,
    /// Disk in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_total_bytes: Option<u64>,
    /// Of that, free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_available_bytes: Option<u64>,
    /// When it was told; set by the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_ms: Option<Millis>,
}

/// Output of `node.list`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NodeListOutput {
    /// When this was read.
    pub ts: Millis,
    /// All nodes; connected ones first, then by name.
    pub nodes: Vec<NodeRow>,
}

/// Output of `node.describe`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeDescribeOutput {
    /// When this was read.
    pub ts: Millis,
    /// The node.
    #[serde(flatten)]
    pub node: NodeRow,
    /// JSON Schemas of the arguments of its commands, as far as it published them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub command_schemas: BTreeMap<String, Value>,
    /// Commands that it offers and that cannot be called, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, String>,
}

/// Parameters of `node.invoke`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeParams {
    /// The node.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// The command.
    #[schemars(length(min = 1, max = 128))]
    pub command: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// How long to wait; half a minute if absent or 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 3_600_000))]
    pub timeout_ms: Option<u64>,
    /// A repeat under the same key gets the first answer.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
    /// The conversation on whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// Whether `node.invoke.progress` events are wanted while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<bool>,
}

/// Output of `node.invoke`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeOutput {
    /// Always true.
    pub ok: bool,
    /// The node.
    pub node_id: String,
    /// The command.
    pub command: String,
    /// What it answered.
    pub payload: Value,
    /// The same as text.
    #[serde(rename = "payloadJSON")]
    pub payload_json: Option<String>,
}

/// Parameters of `node.rename`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRenameParams {
    /// The node.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 64))]
    pub display_name: String,
}

/// Output of `node.rename`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRenameOutput {
    /// The node.
    pub node_id: String,
    /// Its name from now on.
    pub display_name: String,
}
