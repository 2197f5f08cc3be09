//! Chat platforms (protocol 5.11).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{READ, methods};
use crate::clock::Millis;

methods! {
    /// Chat platforms and how they are.
    ChannelsStatus "channels.status" READ, Natural, ChannelsStatusParams => ChannelsStatusOutput;
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
    /// Their state.
    pub channels: BTreeMap<String, Value>,
    /// Their accounts.
    pub channel_accounts: BTreeMap<String, Vec<Value>>,
    /// The account used when none is named.
    pub channel_default_account_id: BTreeMap<String, String>,
}
