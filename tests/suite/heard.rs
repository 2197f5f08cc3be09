//! What a gateway has heard on a platform.

use harness::Gateway;

/// Returns when something last came in, and how many messages wait for an answer.
pub async fn heard(gateway: &Gateway, channel: &str) -> (i64, u64) {
    let status = gateway.cli(&["channels", "status", "--json"]).await.ok().json();
    let account = &status["channelAccounts"][channel][0];
    (account["lastInboundAt"].as_i64().unwrap_or_default(), account["waiting"].as_u64().unwrap_or_default())
}
