//! `exec.approvals.node.set`: replaces the policy for commands that a node keeps for itself.

use schemas::error::WireError;
use schemas::methods::exec_approvals::ExecApprovalsNodeSetParams;
use serde_json::{Value, json};

use crate::methods::Call;

/// Hands the new policy to the node, which checks it.
pub async fn node_set(call: Call, params: ExecApprovalsNodeSetParams) -> Result<Value, WireError> {
    let change = match (params.file, params.native, params.base_hash) {
        (Some(file), None, None) => json!({ "file": file }),
        (Some(file), None, Some(base)) => json!({ "file": file, "baseHash": base }),
        (None, Some(mut native), Some(base)) => {
            native.insert("baseHash".into(), base.into());
            Value::Object(native)
        }
        (None, Some(_), None) => return Err(WireError::invalid("/baseHash is needed with native")),
        (Some(_), Some(_), _) | (None, None, _) => {
            return Err(WireError::invalid("give either file or native"));
        }
    };
    Ok(call.services.fleet.own_policy(call.who(), params.node_id, Some(change)).await?.payload)
}
