//! Reading conversations: list, preview, describe, resolve, search.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SessionRow;
use crate::clock::Millis;
use crate::connect::Ignored;
use crate::methods::system::SessionModel;

/// Parameters of `sessions.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsListParams {
    /// Rows at most; 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
    /// Rows to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only those that changed in the last so many minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub active_minutes: Option<u32>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only with this label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Only those whose label, key or messages hold these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub search: Option<String>,
    /// True: only archived ones; otherwise they are left out. `all`: both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Value>,
    /// Accepted: derived titles are always given.
    #[serde(default, skip_serializing)]
    pub include_derived_titles: Ignored,
    /// Accepted: previews are always given.
    #[serde(default, skip_serializing)]
    pub include_last_message: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_global: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_unknown: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub configured_agents_only: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub require_last_interaction: Ignored,
    /// Accepted: always by last change.
    #[serde(default, skip_serializing)]
    pub sort_by: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub board_face: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub creator_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub owner_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub owner_first: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub involving_me: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub involving_profile_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_people: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub spawned_by: Ignored,
}

/// Conversations.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListOutput {
    /// When this was read.
    pub ts: Millis,
    /// Where they are stored.
    pub path: String,
    /// Rows in this answer.
    pub count: u64,
    /// Rows in all.
    pub total_count: u64,
    /// The limit in force.
    pub limit_applied: u64,
    /// Rows skipped.
    pub offset: u64,
    /// Where the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// Whether there are more.
    pub has_more: bool,
    /// The model of new ones.
    pub defaults: SessionModel,
    /// Latest first, pinned ones on top.
    pub sessions: Vec<SessionRow>,
}

/// Parameters of `sessions.preview`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsPreviewParams {
    /// The conversations.
    #[schemars(length(min = 1, max = 100))]
    pub keys: Vec<String>,
    /// Lines of each; 12 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Characters of each line; 240 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 20, max = 10000))]
    pub max_chars: Option<u32>,
}

/// The last lines of several conversations.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsPreviewOutput {
    /// When this was read.
    pub ts: Millis,
    /// In the order asked for.
    pub previews: Vec<SessionPreview>,
}

/// The last lines of one conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionPreview {
    /// The conversation.
    pub key: String,
    /// `ok`, `empty` or `missing`.
    pub status: String,
    /// Oldest first.
    pub items: Vec<PreviewItem>,
}

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PreviewItem {
    /// Who said it.
    pub role: String,
    /// Its beginning.
    pub text: String,
}

/// Parameters of `sessions.describe`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsDescribeParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Accepted: always given.
    #[serde(default, skip_serializing)]
    pub include_derived_titles: Ignored,
    /// Accepted: always given.
    #[serde(default, skip_serializing)]
    pub include_last_message: Ignored,
}

/// One conversation's row; null if there is none.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsDescribeOutput {
    /// The row.
    pub session: Option<SessionRow>,
}

/// Parameters of `sessions.resolve`: one of key, sessionId, label, shortId.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsResolveParams {
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Or the present id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Or the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Or the beginning of the present id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_id: Option<String>,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// True: absence is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_missing: Option<bool>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub slug_hint: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub spawned_by: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_global: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_unknown: Ignored,
}

/// A found conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsResolveOutput {
    /// Whether it was found.
    pub ok: bool,
    /// Its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Parameters of `sessions.search`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsSearchParams {
    /// Words; all must occur.
    #[schemars(length(min = 1, max = 512))]
    pub query: String,
    /// Hits at most; 20 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only these conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_keys: Option<Vec<String>>,
}

/// Found messages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsSearchOutput {
    /// Best first.
    pub results: Vec<SearchHit>,
}

/// A found message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// Its conversation.
    pub session_key: String,
    /// The conversation's id at that time.
    pub session_id: String,
    /// The message.
    pub message_id: String,
    /// Who said it: `user` or `assistant`.
    pub role: String,
    /// When.
    pub timestamp: Millis,
    /// The words around the hit.
    pub snippet: String,
    /// Greater is better.
    pub score: f64,
}
