//! `last-heartbeat`: no agent is woken by itself, so there is none.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::system::Heartbeat;

use crate::methods::Call;

/// Returns null.
pub async fn last_heartbeat(_: Call, _: NoParams) -> Result<Option<Heartbeat>, WireError> {
    Ok(None)
}
