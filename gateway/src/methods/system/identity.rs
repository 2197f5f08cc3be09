//! `gateway.identity.get`: the gateway's own public key.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::system::GatewayIdentityOutput;

use crate::methods::Call;

/// Returns the gateway's id and key.
pub async fn identity(call: Call, _params: NoParams) -> Result<GatewayIdentityOutput, WireError> {
    let key = call.services.security.identity();
    Ok(GatewayIdentityOutput { device_id: key.id().to_owned(), public_key: key.encode() })
}
