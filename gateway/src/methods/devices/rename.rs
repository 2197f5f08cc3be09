//! `device.pair.rename`: names a device.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairRenameOutput, DevicePairRenameParams};

use crate::methods::Call;

/// Gives a device a name for people.
pub async fn rename(call: Call, params: DevicePairRenameParams) -> Result<DevicePairRenameOutput, WireError> {
    call.services.security.rename(call.who(), &params.device_id, &params.label).await
}
