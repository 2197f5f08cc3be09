//! `channels.status`: every account and how it is.

use std::collections::BTreeMap;

use schemas::error::WireError;
use schemas::methods::channels::{ChannelAccount, ChannelsStatusOutput, ChannelsStatusParams};
use serde_json::json;

use crate::bridge::{Entry, Status, label};
use crate::methods::{Call, Services};
use crate::store::StoreError;
use crate::store::accounts::AccountName;

/// Returns the platforms and their accounts, read from memory and counts of the store; no platform is asked.
pub async fn status(call: Call, params: ChannelsStatusParams) -> Result<ChannelsStatusOutput, WireError> {
    let mut all = accounts(&call.services).await?;
    if let Some(channel) = &params.channel {
        all.retain(|of, _| of.channel == *channel);
    }
    let mut output =
        ChannelsStatusOutput { ts: call.services.clock.now(), ..ChannelsStatusOutput::default() };
    for (of, account) in all {
        let channel = of.channel;
        if !output.channel_accounts.contains_key(&channel) {
            output.channel_order.push(channel.clone());
            output.channel_labels.insert(channel.clone(), label(&channel));
            output.channel_default_account_id.insert(channel.clone(), of.account.clone());
        }
        if of.account == "main" {
            output.channel_default_account_id.insert(channel.clone(), of.account);
        }
        output.channel_accounts.entry(channel).or_default().push(account);
    }
    for (channel, accounts) in &output.channel_accounts {
        let any = |what: fn(&ChannelAccount) -> bool| accounts.iter().any(what);
        let summary = json!({
            "configured": true, "running": any(|account| account.running), "connected": any(|account| account.connected),
        });
        output.channels.insert(channel.clone(), summary);
    }
    Ok(output)
}

/// Returns every configured account and how it is.
pub(in crate::methods) async fn accounts(
    services: &Services,
) -> Result<BTreeMap<AccountName, ChannelAccount>, StoreError> {
    let mut running: BTreeMap<AccountName, Status> =
        services.bridge.status().await?.into_iter().map(|status| (status.of.clone(), status)).collect();
    let entries = services.roster.entries().into_iter();
    Ok(entries.map(|(of, entry)| (of.clone(), account(&of, entry, running.remove(&of)))).collect())
}

fn account(of: &AccountName, entry: Entry, status: Option<Status>) -> ChannelAccount {
    let mut account = ChannelAccount {
        account_id: of.account.clone(),
        enabled: entry.section.enabled,
        configured: true,
        dm_policy: <&str>::from(entry.section.dm_policy).to_owned(),
        last_error: entry.trouble,
        ..ChannelAccount::default()
    };
    let Some(Status { health, outbox, waiting, .. }) = status else { return account };
    account.running = health.running;
    account.connected = health.connected;
    account.reconnect_attempts = health.reconnect_attempts;
    account.last_connected_at = health.connecting_since;
    account.last_transport_activity_at = health.alive_at;
    account.last_inbound_at = health.inbound_at;
    account.last_outbound_at = health.outbound_at;
    account.last_error = health.error.or(account.last_error);
    if let Some(bot) = health.bot {
        (account.name, account.handle) = (Some(bot.name), bot.handle);
    }
    account.waiting = waiting;
    account.queued = outbox.open;
    account.unknown = outbox.unknown;
    account.failed = outbox.failed;
    account
}
