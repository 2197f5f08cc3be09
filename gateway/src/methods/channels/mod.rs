//! Handlers of the chat platforms.

use schemas::error::WireError;
use schemas::methods::channels::{ChannelsStatusOutput, ChannelsStatusParams};

use crate::methods::Call;

/// Returns the platforms; none is connected.
pub async fn status(call: Call, _: ChannelsStatusParams) -> Result<ChannelsStatusOutput, WireError> {
    Ok(ChannelsStatusOutput { ts: call.services.clock.now(), ..ChannelsStatusOutput::default() })
}
