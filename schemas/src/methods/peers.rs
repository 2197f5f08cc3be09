//! People on chat platforms: those who wait to be let in, those who were (protocol 11).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PAIRING, methods};
use crate::clock::Millis;

methods! {
    /// Strangers who wait with a code.
    ChannelsPairingList "channels.pairing.list" PAIRING, Natural, PairingListParams => PairingListOutput;
    /// Lets a stranger in.
    ChannelsPairingApprove "channels.pairing.approve" PAIRING, Natural, PairingApproveParams => PairingApproveOutput;
    /// Drops a request; the stranger may ask again.
    ChannelsPairingDismiss "channels.pairing.dismiss" PAIRING, Natural, PairingParams => PairingDecided;
    /// Turns a stranger away: no further code is given.
    ChannelsPairingDeny "channels.pairing.deny" PAIRING, Natural, PairingParams => PairingDecided;
    /// People who were let in or turned away.
    ChannelsPeopleList "channels.people.list" PAIRING, Natural, PairingListParams => PeopleListOutput;
    /// Forgets somebody: who was let in is out at once, who was turned away may ask again.
    ChannelsPeopleRemove "channels.people.remove" PAIRING, Natural, PeopleRemoveParams => PairingDecided;
}

/// Parameters that choose platform and account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingListParams {
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
}

/// Strangers who wait with a code.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingListOutput {
    /// The accounts that strangers may ask.
    pub accounts: Vec<PairingAccount>,
    /// The requests, oldest first.
    pub requests: Vec<ChannelPairingRequest>,
    /// Whether there is an owner who is asked on the platform itself.
    pub command_owner_configured: bool,
    /// How many may wait, and how long.
    pub limits: PairingLimits,
}

/// An account that strangers may ask.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingAccount {
    /// The platform.
    pub channel: String,
    /// Its name for people.
    pub channel_label: String,
    /// The account.
    pub account_id: String,
    /// Whether the stranger is told of the decision.
    pub notify_supported: bool,
}

/// How many strangers may wait, and how long.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingLimits {
    /// Requests of one account at the same time.
    pub pending_per_account: u64,
    /// Life of a request in milliseconds.
    pub ttl_ms: u64,
}

/// A stranger who waits; also the payload of `channels.pairing.requested`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelPairingRequest {
    /// The code that the stranger was given.
    pub request_id: String,
    /// The platform.
    pub channel: String,
    /// Its name for people.
    pub channel_label: String,
    /// The account.
    pub account_id: String,
    /// The platform's id of the stranger.
    pub sender_id: String,
    /// The name that the stranger chose; it proves nothing.
    pub sender_label: String,
    /// What else is known, such as the handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// When the code was given, as ISO 8601.
    pub created_at: String,
    /// The same.
    pub last_seen_at: String,
    /// When the code stops working, as ISO 8601.
    pub expires_at: String,
    /// Whether the stranger is told of the decision.
    pub notify_supported: bool,
}

/// Parameters that name a request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingParams {
    /// The platform.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// The account.
    #[schemars(length(min = 1, max = 32))]
    pub account_id: String,
    /// The code.
    #[schemars(length(min = 1, max = 16))]
    pub request_id: String,
}

/// Parameters of `channels.pairing.approve`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingApproveParams {
    /// The platform.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// The account.
    #[schemars(length(min = 1, max = 32))]
    pub account_id: String,
    /// The code.
    #[schemars(length(min = 1, max = 16))]
    pub request_id: String,
    /// Whether the stranger is told; true without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<bool>,
    /// Makes this person an owner, who is asked on the platform when strangers want in; needs admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_command_owner: Option<bool>,
}

/// Who was let in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingApproveOutput {
    /// The code.
    pub request_id: String,
    /// The platform's id of the person.
    pub sender_id: String,
    /// `not-requested` or `sent`: telling them is in the outbox.
    pub notification: String,
    /// `not-requested`, `configured` or `already-configured`.
    pub command_owner_bootstrap: String,
}

/// Whom a decision was about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingDecided {
    /// The code, or the person's id where there is none.
    pub request_id: String,
    /// The platform's id of the person.
    pub sender_id: String,
}

/// People who were let in or turned away.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleListOutput {
    /// The people.
    pub people: Vec<Person>,
}

/// Somebody who was let in or turned away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The platform.
    pub channel: String,
    /// The account.
    pub account_id: String,
    /// The platform's id of the person.
    pub sender_id: String,
    /// The name that they chose.
    pub sender_label: String,
    /// `allowed` or `denied`.
    pub state: String,
    /// Whether they are asked on the platform when strangers want in.
    pub owner: bool,
    /// When that was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Millis>,
    /// Who decided it.
    pub decided_by: String,
}

/// Parameters of `channels.people.remove`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeopleRemoveParams {
    /// The platform.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The platform's id of the person.
    #[schemars(length(min = 1, max = 128))]
    pub sender_id: String,
}

/// Payload of `channels.pairing.resolved`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelPairingResolved {
    /// The code.
    pub request_id: String,
    /// The platform.
    pub channel: String,
    /// The account.
    pub account_id: String,
    /// The platform's id of the person.
    pub sender_id: String,
    /// `approved`, `denied` or `dismissed`.
    pub decision: String,
}
