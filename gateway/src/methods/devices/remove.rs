//! `device.pair.remove`: forgets a device.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairRemoveOutput, DeviceParams};

use crate::methods::Call;

/// Forgets a device. One that removes itself is answered before its connections close.
pub async fn remove(call: Call, params: DeviceParams) -> Result<DevicePairRemoveOutput, WireError> {
    let (services, id) = (&call.services, params.device_id.as_str());
    let mark = services.fleet.mark();
    let answer = |output: &_| call.answer_own(id, output);
    let removed = services.security.remove(call.who(), id, answer).await?;
    services.fleet.forget(call.who(), id, mark).await?;
    Ok(removed)
}
