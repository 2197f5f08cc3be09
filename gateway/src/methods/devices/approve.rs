//! `device.pair.approve`: lets a waiting device in.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairApproveOutput, DevicePairApproveParams};

use crate::methods::Call;

/// Approves a request, by id and by the digest that was shown.
pub async fn approve(
    call: Call,
    params: DevicePairApproveParams,
) -> Result<DevicePairApproveOutput, WireError> {
    call.services.security.approve(call.who(), &params.request_id, params.digest.as_deref()).await
}
