//! `node.invoke`: has a node do something.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use schemas::error::WireError;
use schemas::event::Event;
use schemas::frame::event_prefix;
use schemas::methods::nodes::{NodeInvokeOutput, NodeInvokeParams, NodeInvokeProgressed};

use crate::fleet::{Invocation, Watch};
use crate::methods::Call;

/// Asks the node and returns its answer.
pub async fn invoke(call: Call, params: NodeInvokeParams) -> Result<NodeInvokeOutput, WireError> {
    let wants_output = params.progress == Some(true);
    let watch = wants_output.then(|| watch(&call, &params.node_id, &params.idempotency_key));
    let NodeInvokeParams { node_id, command, .. } = params;
    let invocation = Invocation {
        node_id: node_id.clone(),
        command: command.clone(),
        params: params.params.unwrap_or_default(),
        timeout: params.timeout_ms.filter(|millis| *millis > 0).map(Duration::from_millis),
        idempotency_key: Some(params.idempotency_key),
        session_key: params.session_key,
    };
    let answered = call.services.fleet.invoke_watched(call.who(), invocation, watch).await?;
    let payload_json = Some(answered.payload_json);
    Ok(NodeInvokeOutput { ok: true, node_id, command, payload: answered.payload, payload_json })
}

/// Sends the node's output to the caller as it comes.
pub(super) fn watch(call: &Call, node_id: &str, key: &str) -> Watch {
    let member = Arc::clone(&call.member);
    let (node_id, idempotency_key) = (node_id.to_owned(), key.to_owned());
    Watch(Arc::new(move |seq, chunk| {
        let (node_id, idempotency_key) = (node_id.clone(), idempotency_key.clone());
        let piece = NodeInvokeProgressed { idempotency_key, node_id, seq, chunk };
        let event = event_prefix(Event::NodeInvokeProgress.name(), &piece, None);
        member.outbox.push_targeted(Bytes::from(event));
    }))
}
