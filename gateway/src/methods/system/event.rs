//! `system-event`: what a client tells of its machine, shown in its presence entry.

use schemas::error::WireError;
use schemas::methods::system::SystemEventParams;
use schemas::methods::{DONE, Done};

use crate::methods::Call;

/// Notes the text and tells everyone.
pub async fn event(call: Call, params: SystemEventParams) -> Result<Done, WireError> {
    let hub = &call.services.hub;
    hub.presence.told(&call.member.id, &params.text);
    hub.publish_presence();
    Ok(DONE)
}
