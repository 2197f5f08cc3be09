//! The chat platforms within `health`: what is known of them in memory, in the words that stock clients print.

use std::collections::BTreeMap;

use schemas::snapshot::Health;
use serde_json::{Map, Value, json};

use crate::bridge::{self, Entry, label};
use crate::methods::Services;

/// Adds the platforms and their accounts. No platform is asked and nothing is read from the store.
pub(super) fn add(health: &mut Health, services: &Services) {
    let mut known = services.bridge.healths();
    let mut platforms: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (of, entry) in services.roster.entries() {
        let account = account(&of.account, &entry, known.remove(&of).unwrap_or_default());
        platforms.entry(of.channel).or_default().insert(of.account, account);
    }
    for (channel, accounts) in platforms {
        health.channel_order.push(channel.clone());
        health.channel_labels.insert(channel.clone(), label(&channel));
        health.channels.insert(channel, summary(&accounts));
    }
}

/// Returns what is said of a platform: what is true of any of its accounts, and the accounts.
fn summary(accounts: &Map<String, Value>) -> Value {
    let any = |what: &str| accounts.values().any(|account| account[what] == true);
    let first = accounts.keys().find(|name| *name == "main").or_else(|| accounts.keys().next()).cloned();
    let trouble =
        accounts.values().find(|account| account["connected"] == false).map(|account| &account["lastError"]);
    json!({
        "accountId": first,
        "configured": true,
        "enabled": any("enabled"),
        "linked": any("linked"),
        "running": any("running"),
        "connected": any("connected"),
        "lastError": trouble,
        "accounts": accounts,
    })
}

fn account(name: &str, entry: &Entry, health: bridge::Health) -> Value {
    let state = match (health.running, health.connected) {
        (_, true) => "healthy",
        (true, false) => "disconnected",
        (false, false) => "not-running",
    };
    json!({
        "accountId": name,
        "configured": true,
        "enabled": entry.section.enabled,
        // Its platform knows the token: it said who the bot is.
        "linked": health.bot.is_some() || health.connected,
        "running": health.running,
        "connected": health.connected,
        "healthState": state,
        "reconnectAttempts": health.reconnect_attempts,
        "lastInboundAt": health.inbound_at,
        "lastOutboundAt": health.outbound_at,
        "lastError": health.error.or_else(|| entry.trouble.clone()),
    })
}
