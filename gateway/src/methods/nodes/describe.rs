//! `node.describe`: one node, with the arguments that its commands take.

use std::collections::BTreeMap;

use schemas::error::WireError;
use schemas::methods::nodes::{NodeDescribeOutput, NodeParams};

use crate::methods::Call;

/// Returns one node.
pub async fn describe(call: Call, params: NodeParams) -> Result<NodeDescribeOutput, WireError> {
    let node = call.services.fleet.describe(call.who(), &params.node_id)?;
    let ts = call.services.clock.now();
    Ok(NodeDescribeOutput { ts, node, command_schemas: BTreeMap::new(), withheld: BTreeMap::new() })
}
