//! `node.pair.list`: who waits for approval of what it offers, and who has it.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::nodes::NodePairListOutput;

use crate::methods::Call;

/// Returns waiting and approved nodes.
pub async fn pair_list(call: Call, _: NoParams) -> Result<NodePairListOutput, WireError> {
    Ok(call.services.fleet.pairings(call.who()))
}
