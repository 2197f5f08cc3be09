//! `exec.approvals.node.get`: the policy for commands that a node keeps for itself.

use schemas::error::WireError;
use schemas::methods::exec_approvals::ExecApprovalsNodeParams;
use serde_json::Value;

use crate::methods::Call;

/// Asks the node for it.
pub async fn node_get(call: Call, params: ExecApprovalsNodeParams) -> Result<Value, WireError> {
    Ok(call.services.fleet.own_policy(call.who(), params.node_id, None).await?.payload)
}
