//! `device.token.revoke`: ends a device's token.

use schemas::error::WireError;
use schemas::methods::devices::{DeviceTokenParams, DeviceTokenRevokeOutput};

use crate::methods::Call;

/// Ends a token. A device that ends its own is answered before its connections close.
pub async fn revoke(call: Call, params: DeviceTokenParams) -> Result<DeviceTokenRevokeOutput, WireError> {
    let answer = |output: &_| call.answer_own(&params.device_id, output);
    call.services.security.revoke(call.who(), &params, answer).await
}
