//! Chat platforms: their accounts, and messages that wait or whose fate is unknown (protocol 5.11).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ADMIN, Done, READ, WRITE, methods};
use crate::clock::Millis;

methods! {
    /// Chat platforms and how they are.
    ChannelsStatus "channels.status" READ, Natural, ChannelsStatusParams => ChannelsStatusOutput;
    /// Adds a bot to the configuration and starts it.
    ChannelsAdd "channels.add" ADMIN, Natural, ChannelsAddParams => AccountOutput;
    /// Stops a bot and removes it from the configuration. Its conversations stay.
    ChannelsRemove "channels.remove" ADMIN, Natural, AccountParams => AccountOutput;
    /// Starts a bot that was stopped.
    ChannelsStart "channels.start" ADMIN, Natural, AccountParams => AccountOutput;
    /// Stops a bot until it is started again or the gateway restarts.
    ChannelsStop "channels.stop" ADMIN, Natural, AccountParams => AccountOutput;
    /// Stops a bot and forgets its token; its other settings stay, switched off.
    ChannelsLogout "channels.logout" ADMIN, Natural, AccountParams => AccountOutput;
    /// Messages to platforms that wait, failed, or whose fate is unknown.
    ChannelsOutboxList "channels.outbox.list" READ, Natural, OutboxListParams => OutboxListOutput;
    /// Sends a message again that failed or whose fate is unknown.
    ChannelsOutboxResend "channels.outbox.resend" WRITE, Natural, OutboxParams => Done;
    /// Gives up a message that waits, failed, or whose fate is unknown.
    ChannelsOutboxDrop "channels.outbox.drop" WRITE, Natural, OutboxParams => Done;
}

/// Parameters of `channels.status`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelsStatusParams {
    /// Whether to ask the platforms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
    /// How long that may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Chat platforms and how they are; all empty while none is configured.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelsStatusOutput {
    /// When this was read.
    pub ts: Millis,
    /// Their order.
    pub channel_order: Vec<String>,
    /// Their names for people.
    pub channel_labels: BTreeMap<String, String>,
    /// Their state: `configured`, `running` and `connected`, each true if it holds for an account.
    pub channels: BTreeMap<String, Value>,
    /// Their accounts.
    pub channel_accounts: BTreeMap<String, Vec<ChannelAccount>>,
    /// The account used when none is named.
    pub channel_default_account_id: BTreeMap<String, String>,
}

/// One account on a platform and how it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's own shape")]
pub struct ChannelAccount {
    /// Its name in the configuration.
    pub account_id: String,
    /// The bot's name on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The bot's handle on the platform, without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Whether the configuration switches it on.
    pub enabled: bool,
    /// Always true: it is in the configuration.
    pub configured: bool,
    /// Whether it is kept connected.
    pub running: bool,
    /// Whether a poll or heartbeat was completed lately enough.
    pub connected: bool,
    /// Connections that failed since the last one that worked.
    pub reconnect_attempts: u32,
    /// When the present connection first worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connected_at: Option<Millis>,
    /// When the platform last answered a poll or heartbeat; nothing else counts as a sign of life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transport_activity_at: Option<Millis>,
    /// When something last came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<Millis>,
    /// When something was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_outbound_at: Option<Millis>,
    /// The last trouble, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Who may write to it directly.
    pub dm_policy: String,
    /// Messages that came in and have no answer yet.
    pub waiting: u64,
    /// Messages that wait to be sent.
    pub queued: u64,
    /// Messages of which nobody knows whether they were sent.
    pub unknown: u64,
    /// Messages that could not be sent.
    pub failed: u64,
}

/// Parameters that name an account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountParams {
    /// The platform: `telegram`, `discord` or `plugin`.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
}

/// Parameters of `channels.add`. Exactly one of `token`, `tokenFile` and `tokenEnv` for a bot, `command` for a plugin.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelsAddParams {
    /// The platform: `telegram`, `discord` or `plugin`.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The bot's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub token: Option<String>,
    /// Absolute path of a file that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
    /// Name of an environment variable of the gateway that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// Where the platform is, for servers of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_root: Option<String>,
    /// Program and arguments of a plugin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

impl std::fmt::Debug for ChannelsAddParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelsAddParams").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// An account and how it is now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountOutput {
    /// The platform.
    pub channel: String,
    /// The account.
    pub account_id: String,
    /// Whether it is kept connected.
    pub running: bool,
}

/// Parameters of `channels.outbox.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutboxListParams {
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// At most so many, 1 to 200; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
}

/// Messages that wait, failed, or whose fate is unknown; oldest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxListOutput {
    /// The messages.
    pub messages: Vec<OutboxMessage>,
}

/// A message to a platform that was not sent, or of which nobody knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMessage {
    /// To resend or drop it.
    pub id: String,
    /// The platform.
    pub channel: String,
    /// The account.
    pub account_id: String,
    /// The conversation on the platform.
    pub chat: String,
    /// `queued`, `started`, `failed` or `unknown`.
    pub state: String,
    /// Its beginning.
    pub preview: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was to be sent first.
    pub created_at: Millis,
}

/// Parameters that name a message of the outbox.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutboxParams {
    /// Its id, from `channels.outbox.list`.
    #[schemars(length(min = 1, max = 32))]
    pub id: String,
}

/// Payload of `channels.changed`: whoever shows accounts reads them again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChannelsChanged {
    /// When.
    pub ts: Millis,
}
