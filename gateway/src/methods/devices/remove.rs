//! `device.pair.remove`: forgets a device.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairRemoveOutput, DeviceParams};

use crate::methods::Call;

/// Forgets a device. One that removes itself is answered before its connections close.
pub async fn remove(call: Call, params: DeviceParams) -> Result<DevicePairRemoveOutput, WireError> {
    let answer = |output: &_| call.answer_own(&params.device_id, output);
    call.services.security.remove(call.who(), &params.device_id, answer).await
}
