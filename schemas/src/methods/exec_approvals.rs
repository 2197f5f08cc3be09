//! The policy for commands: what may be run without asking (protocol 5.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ADMIN, NoParams, methods};
use crate::exec_policy::{ExecPolicy, ExecResolved};

methods! {
    /// The policy for commands as its file has it.
    ExecApprovalsGet "exec.approvals.get" ADMIN, Natural, NoParams => ExecApprovalsOutput;
    /// Replaces the policy for commands; it counts from the next command on.
    ExecApprovalsSet "exec.approvals.set" ADMIN, Natural, ExecApprovalsSetParams => ExecApprovalsOutput;
    /// The policy for commands that a node keeps for itself, as the node shows it.
    ExecApprovalsNodeGet "exec.approvals.node.get" ADMIN, Natural, ExecApprovalsNodeParams => Value;
    /// Replaces the policy for commands that a node keeps for itself.
    ExecApprovalsNodeSet "exec.approvals.node.set" ADMIN, Natural, ExecApprovalsNodeSetParams => Value;
}

/// The policy and its file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsOutput {
    /// The file, on the gateway's machine.
    pub path: String,
    /// Whether it exists.
    pub exists: bool,
    /// SHA-256 of its text in lowercase hex.
    pub hash: String,
    /// What it says.
    pub file: ExecPolicy,
    /// What counts where no agent says anything else.
    pub resolved_defaults: ExecResolved,
}

/// Parameters of `exec.approvals.set`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecApprovalsSetParams {
    /// The new policy, whole.
    pub file: ExecPolicy,
    /// `hash` of the one that was seen; needed once there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub base_hash: Option<String>,
}

/// Parameters of `exec.approvals.node.get`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecApprovalsNodeParams {
    /// The node.
    #[schemars(length(min = 1, max = 128))]
    pub node_id: String,
}

/// Parameters of `exec.approvals.node.set`: `file`, or `native` with `baseHash`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecApprovalsNodeSetParams {
    /// The node.
    #[schemars(length(min = 1, max = 128))]
    pub node_id: String,
    /// The new policy, whole, for nodes with a file of the gateway's kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ExecPolicy>,
    /// The new policy in the node's own kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<Map<String, Value>>,
    /// `hash` of the one that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub base_hash: Option<String>,
}
