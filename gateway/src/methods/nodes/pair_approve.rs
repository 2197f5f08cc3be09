//! `node.pair.approve`: allows what a node offers.

use schemas::error::WireError;
use schemas::methods::devices::RequestParams;
use schemas::methods::nodes::NodePairApproveOutput;

use crate::methods::Call;

/// Approves a request by its id, which is the digest of what was shown.
pub async fn pair_approve(call: Call, params: RequestParams) -> Result<NodePairApproveOutput, WireError> {
    call.services.fleet.approve(call.who(), &params.request_id).await
}
