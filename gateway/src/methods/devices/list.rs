//! `device.pair.list`: who waits and who is paired.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::devices::DevicePairListOutput;

use crate::methods::Call;

/// Returns waiting and paired devices, without any token.
pub async fn list(call: Call, _params: NoParams) -> Result<DevicePairListOutput, WireError> {
    Ok(call.services.security.list())
}
