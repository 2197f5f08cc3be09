//! `system-presence`: who is here.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::snapshot::PresenceEntry;

use crate::methods::Call;

/// Returns the presence list, latest first.
pub async fn presence(call: Call, _: NoParams) -> Result<Vec<PresenceEntry>, WireError> {
    Ok(call.services.hub.presence.list())
}
