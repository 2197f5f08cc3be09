//! `exec.approvals.node.*`: which programs a node itself lets be run, as its own file has it.

use schemas::error::WireError;
use schemas::methods::nodes::{ExecApprovalsNodeSetParams, NodeParams};
use serde_json::{Value, json};

use crate::methods::Call;

/// Reads a node's file.
pub async fn exec_approvals_get(call: Call, params: NodeParams) -> Result<Value, WireError> {
    call.services
        .fleet
        .exec_policy(call.who(), &params.node_id, "system.execApprovals.get", Value::Null)
        .await
}

/// Replaces a node's file.
pub async fn exec_approvals_set(call: Call, params: ExecApprovalsNodeSetParams) -> Result<Value, WireError> {
    let ExecApprovalsNodeSetParams { node_id, file, base_hash } = params;
    let mut wanted = json!({ "file": file });
    if let Some(hash) = base_hash {
        wanted["baseHash"] = hash.into();
    }
    call.services.fleet.exec_policy(call.who(), &node_id, "system.execApprovals.set", wanted).await
}
