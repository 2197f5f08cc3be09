//! `node.describe`: one node, with the arguments that its commands take.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeDescribeOutput, NodeParams};

use crate::methods::Call;

/// Returns one node.
pub async fn describe(call: Call, params: NodeParams) -> Result<NodeDescribeOutput, WireError> {
    call.services.fleet.describe(call.who(), &params.node_id)
}
