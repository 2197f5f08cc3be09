//! `channels.start` and `channels.stop`: an account works or rests, without a change of the configuration.

use schemas::error::WireError;
use schemas::event::Event;
use schemas::methods::channels::{AccountOutput, AccountParams, ChannelsChanged};

use crate::methods::Call;

/// Starts an account that was stopped.
pub async fn start(call: Call, params: AccountParams) -> Result<AccountOutput, WireError> {
    switch(call, params, true).await
}

/// Stops an account until it is started again or the gateway restarts.
pub async fn stop(call: Call, params: AccountParams) -> Result<AccountOutput, WireError> {
    switch(call, params, false).await
}

async fn switch(call: Call, params: AccountParams, on: bool) -> Result<AccountOutput, WireError> {
    let services = &call.services;
    let (of, _) = super::find(services, &params)?;
    let running = services.roster.switch(&of, on).await?;
    let changed = ChannelsChanged { ts: services.clock.now() };
    services.hub.publish(Event::ChannelsChanged, &changed, None);
    Ok(super::output(of, running))
}
