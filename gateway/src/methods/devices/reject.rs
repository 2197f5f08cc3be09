//! `device.pair.reject`: refuses a waiting device.

use schemas::error::WireError;
use schemas::methods::devices::{DevicePairRejectOutput, RequestParams};

use crate::methods::Call;

/// Rejects a request.
pub async fn reject(call: Call, params: RequestParams) -> Result<DevicePairRejectOutput, WireError> {
    call.services.security.reject(call.who(), &params.request_id).await
}
