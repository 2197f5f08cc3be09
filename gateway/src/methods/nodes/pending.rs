//! `node.pending.*`: work that is left for a node, and how it takes it.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::nodes::{
    NodePendingAckOutput, NodePendingAckParams, NodePendingDrainOutput, NodePendingDrainParams,
    NodePendingEnqueueOutput, NodePendingEnqueueParams, NodePendingPullOutput,
};

use crate::methods::Call;

/// Leaves work for a node.
pub async fn pending_enqueue(
    call: Call,
    params: NodePendingEnqueueParams,
) -> Result<NodePendingEnqueueOutput, WireError> {
    call.services.fleet.enqueue(call.who(), params).await
}

/// Gives the node what waits for it.
pub async fn pending_drain(
    call: Call,
    params: NodePendingDrainParams,
) -> Result<NodePendingDrainOutput, WireError> {
    call.services.fleet.drain(&call.member, params.max_items)
}

/// Returns the commands that waited for the foreground.
pub async fn pending_pull(call: Call, _: NoParams) -> Result<NodePendingPullOutput, WireError> {
    call.services.fleet.pull(&call.member)
}

/// Forgets what the node has done.
pub async fn pending_ack(
    call: Call,
    params: NodePendingAckParams,
) -> Result<NodePendingAckOutput, WireError> {
    call.services.fleet.ack(&call.member, params.ids).await
}
