//! Approval of what nodes offer: requests, approved nodes, decisions (protocol 7.1).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HostStats, NodeRow};
use crate::clock::Millis;

/// A node that waits for approval of what it offers; also the payload of `node.pair.requested`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRequest {
    /// To approve or reject. It is the digest of node and surface: a request cannot be changed under its id.
    pub request_id: String,
    /// The node.
    pub node_id: String,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Families of commands.
    pub caps: Vec<String>,
    /// Commands.
    pub commands: Vec<String>,
    /// What the machine's owner granted its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, bool>>,
    /// Scopes that an approver needs.
    pub required_approve_scopes: Vec<String>,
    /// Where it came from, unless that was this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// Whether something of it is approved already.
    pub is_repair: bool,
    /// When it asked.
    pub ts: Millis,
}

/// A node whose surface was approved.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairedNode {
    /// The node.
    pub node_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Families of commands.
    pub caps: Vec<String>,
    /// Commands.
    pub commands: Vec<String>,
    /// What the machine's owner granted its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, bool>>,
    /// Where it was last connected from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// When it was first seen.
    pub created_at_ms: Millis,
    /// When its surface was last approved.
    pub approved_at_ms: Millis,
    /// When it last connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_at_ms: Option<Millis>,
    /// What it last told of its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_host_stats: Option<HostStats>,
}

/// Output of `node.pair.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodePairListOutput {
    /// Those that wait, oldest first.
    pub pending: Vec<NodePairRequest>,
    /// Those that have something approved, latest first.
    pub paired: Vec<PairedNode>,
}

/// Output of `node.pair.approve`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairApproveOutput {
    /// The request.
    pub request_id: String,
    /// The node as it is now.
    pub node: NodeRow,
}

/// Output of `node.pair.reject`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRejectOutput {
    /// The request.
    pub request_id: String,
    /// The node.
    pub node_id: String,
}

/// Output of `node.pair.remove`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRemoveOutput {
    /// The node.
    pub node_id: String,
}

/// Payload of `node.pair.resolved`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairResolved {
    /// The request; for a removal the node.
    pub request_id: String,
    /// The node.
    pub node_id: String,
    /// `approved`, `rejected`, `superseded` or `removed`.
    pub decision: String,
    /// When.
    pub ts: Millis,
}
