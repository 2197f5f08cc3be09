//! `node.exec`: runs a program on a node.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeExecOutput, NodeExecParams};

use super::invoke::watch;
use crate::methods::Call;

/// Has it planned, allowed and run.
pub async fn exec(call: Call, params: NodeExecParams) -> Result<NodeExecOutput, WireError> {
    let watch =
        (params.progress == Some(true)).then(|| watch(&call, &params.node_id, &params.idempotency_key));
    call.services.fleet.exec(call.who(), params, watch).await
}
