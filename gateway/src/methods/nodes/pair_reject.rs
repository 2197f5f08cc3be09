//! `node.pair.reject`: refuses what a node asks for.

use schemas::error::WireError;
use schemas::methods::devices::RequestParams;
use schemas::methods::nodes::NodePairRejectOutput;

use crate::methods::Call;

/// Rejects a request.
pub async fn pair_reject(call: Call, params: RequestParams) -> Result<NodePairRejectOutput, WireError> {
    call.services.fleet.reject(call.who(), &params.request_id).await
}
