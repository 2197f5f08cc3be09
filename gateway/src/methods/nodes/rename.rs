//! `node.rename`: names a node.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeRenameOutput, NodeRenameParams};

use crate::methods::Call;

/// Gives a node a name for people.
pub async fn rename(call: Call, params: NodeRenameParams) -> Result<NodeRenameOutput, WireError> {
    call.services.fleet.rename(call.who(), &params.node_id, &params.display_name).await
}
