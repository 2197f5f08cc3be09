//! `node.list`: what each node is, offers and may be asked.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::nodes::NodeListOutput;

use crate::methods::Call;

/// Returns all nodes.
pub async fn list(call: Call, _: NoParams) -> Result<NodeListOutput, WireError> {
    Ok(NodeListOutput { ts: call.services.clock.now(), nodes: call.services.fleet.list(call.who()) })
}
