//! `channels.pairing.list`: strangers who wait with a code.

use schemas::bounds::{CHANNEL_PAIRING_TTL, MAX_CHANNEL_PAIRINGS};
use schemas::error::WireError;
use schemas::methods::peers::{PairingAccount, PairingLimits, PairingListOutput, PairingListParams};

use crate::bridge::label;
use crate::config::channels::DmPolicy;
use crate::methods::Call;
use crate::store::peers;

/// Lists them, and the accounts that strangers may ask.
pub async fn list(call: Call, params: PairingListParams) -> Result<PairingListOutput, WireError> {
    let services = &call.services;
    let (org, now) = (call.who().org.to_string(), services.clock.now());
    let waiting = services.store.read(move |db| peers::pending(db, &org, now)).await?;
    let owned = services.roster.entries().values().any(|entry| !entry.section.owners.is_empty());
    let wanted = |channel: &str, account: &str| {
        params.channel.as_deref().is_none_or(|wanted| wanted == channel)
            && params.account_id.as_deref().is_none_or(|wanted| wanted == account)
    };
    let asked = services.roster.entries().into_iter().filter(|(of, entry)| {
        entry.section.dm_policy == DmPolicy::Pairing && wanted(&of.channel, &of.account)
    });
    Ok(PairingListOutput {
        accounts: asked
            .map(|(of, _)| PairingAccount {
                channel_label: label(&of.channel),
                channel: of.channel,
                account_id: of.account,
                notify_supported: true,
            })
            .collect(),
        requests: waiting
            .iter()
            .filter(|peer| wanted(&peer.of.channel, &peer.of.account))
            .map(crate::bridge::pairing_request)
            .collect(),
        command_owner_configured: owned,
        limits: PairingLimits {
            pending_per_account: MAX_CHANNEL_PAIRINGS.into(),
            ttl_ms: u64::try_from(CHANNEL_PAIRING_TTL.as_millis()).unwrap_or(u64::MAX),
        },
    })
}
