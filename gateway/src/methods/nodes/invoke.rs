//! `node.invoke`: has a node do something.

use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::nodes::{NodeInvokeOutput, NodeInvokeParams};

use crate::fleet::Invocation;
use crate::methods::Call;

/// Asks the node and returns its answer.
pub async fn invoke(call: Call, params: NodeInvokeParams) -> Result<NodeInvokeOutput, WireError> {
    let NodeInvokeParams { node_id, command, .. } = params;
    let invocation = Invocation {
        node_id: node_id.clone(),
        command: command.clone(),
        params: params.params.unwrap_or_default(),
        timeout: params.timeout_ms.filter(|millis| *millis > 0).map(Duration::from_millis),
        idempotency_key: Some(params.idempotency_key),
        session_key: params.session_key,
    };
    let answered = call.services.fleet.invoke(call.who(), invocation).await?;
    let payload_json = Some(answered.payload_json);
    Ok(NodeInvokeOutput { ok: true, node_id, command, payload: answered.payload, payload_json })
}
