//! `device.token.rotate`: replaces a device's token.

use schemas::error::WireError;
use schemas::methods::devices::{DeviceTokenRotateOutput, DeviceTokenRotateParams};

use crate::methods::Call;

/// Replaces a token. A device that replaces its own is answered before its connections close: the answer
/// carries the new one.
pub async fn rotate(
    call: Call,
    params: DeviceTokenRotateParams,
) -> Result<DeviceTokenRotateOutput, WireError> {
    let answer = |output: &_| call.answer_own(&params.device_id, output);
    call.services.security.rotate(call.who(), &params, answer).await
}
