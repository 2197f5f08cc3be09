//! `device.pair.approve`: lets a waiting device in.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairApproveOutput, RequestParams};

use crate::methods::Call;

/// Approves a request by its id, which is the digest of what was shown.
pub async fn approve(call: Call, params: RequestParams) -> Result<DevicePairApproveOutput, WireError> {
    call.services.security.approve(call.who(), &params.request_id).await
}
