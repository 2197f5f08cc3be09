//! Conversations (protocol 5.6).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::chat::{Attachment, ChatSendOutput};
use super::{ADMIN, NoParams, READ, WRITE, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// Conversations, latest first.
    SessionsList "sessions.list" READ, Natural, SessionsListParams => SessionsListOutput;
    /// From here on `sessions.changed` events are sent to this connection.
    SessionsSubscribe "sessions.subscribe" READ, Natural, NoParams => Subscribed;
    /// Ends that.
    SessionsUnsubscribe "sessions.unsubscribe" READ, Natural, NoParams => Subscribed;
    /// From here on `session.message` events of one conversation are sent to this connection.
    SessionsMessagesSubscribe "sessions.messages.subscribe" READ, Natural, MessagesSubscribeParams => Subscribed;
    /// Ends that.
    SessionsMessagesUnsubscribe "sessions.messages.unsubscribe" READ, Natural, MessagesSubscribeParams => Subscribed;
    /// The last lines of several conversations.
    SessionsPreview "sessions.preview" READ, Natural, SessionsPreviewParams => SessionsPreviewOutput;
    /// One conversation's row.
    SessionsDescribe "sessions.describe" READ, Natural, SessionsDescribeParams => SessionsDescribeOutput;
    /// Finds a conversation by key, id or label.
    SessionsResolve "sessions.resolve" READ, Natural, SessionsResolveParams => SessionsResolveOutput;
    /// Searches the words of all conversations.
    SessionsSearch "sessions.search" READ, Natural, SessionsSearchParams => SessionsSearchOutput;
    /// Starts a conversation.
    SessionsCreate "sessions.create" WRITE, Keyed, SessionsCreateParams => SessionsCreateOutput;
    /// Sends a message, as `chat.send`.
    SessionsSend "sessions.send" WRITE, Task, SessionsSendParams => ChatSendOutput;
    /// Hands a message to the running agent; without one, as `sessions.send`.
    SessionsSteer "sessions.steer" WRITE, Task, SessionsSendParams => ChatSendOutput;
    /// Stops a conversation's runs.
    SessionsAbort "sessions.abort" WRITE, Natural, SessionsAbortParams => SessionsAbortOutput;
    /// Changes label, model, flags of a conversation.
    SessionsPatch "sessions.patch" WRITE, Natural, SessionsPatchParams => SessionsPatchOutput;
    /// Begins anew under the same key; what was said stays readable under the earlier id.
    SessionsReset "sessions.reset" ADMIN, Natural, SessionsResetParams => SessionsEntryOutput;
    /// Removes a conversation from the list.
    SessionsDelete "sessions.delete" ADMIN, Natural, SessionsDeleteParams => SessionsDeleteOutput;
    /// Asks for a shorter transcript. Landline never shortens one; the answer says so.
    SessionsCompact "sessions.compact" ADMIN, Natural, SessionsCompactParams => SessionsCompactOutput;
}

/// A conversation's row.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRow {
    /// Its name.
    pub key: String,
    /// `direct`, `group`, `global` or `unknown`.
    pub kind: String,
    /// When it last changed.
    pub updated_at: Millis,
    /// Its present id; a reset gives a new one.
    pub session_id: String,
    /// The agent.
    pub agent_id: String,
    /// Whether it is the agent's main one.
    pub is_main: bool,
    /// The person's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What to show as its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Taken from its first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_title: Option<String>,
    /// The beginning of its last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_preview: Option<String>,
    /// Model for its runs, if it is not the agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The executor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<String>,
    /// Hidden from the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Kept on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Has lines that were not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
    /// Whether a run is alive.
    pub has_active_run: bool,
    /// Runs that are alive or wait.
    pub active_run_ids: Vec<String>,
    /// Tokens read so far.
    pub input_tokens: u64,
    /// Tokens written so far.
    pub output_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Cost so far in US dollars, as the executors say.
    pub estimated_cost_usd: f64,
    /// When it began.
    pub created_at: Millis,
}

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
    pub defaults: super::system::SessionModel,
    /// Latest first, pinned ones on top.
    pub sessions: Vec<SessionRow>,
}

/// Whether a subscription is in force.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    /// True after subscribing, false after unsubscribing.
    pub subscribed: bool,
    /// The conversation, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Parameters of `sessions.messages.subscribe` and `.unsubscribe`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessagesSubscribeParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Accepted: approvals come as events of their own.
    #[serde(default, skip_serializing)]
    pub include_approvals: Ignored,
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

/// Parameters of `sessions.create`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsCreateParams {
    /// Its key; a new one is made if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub key: Option<String>,
    /// The same key gets the same answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: Option<String>,
    /// Its agent; the default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The person's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub label: Option<String>,
    /// Model for its runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// First message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// First message under its other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub display_name: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub category: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub context_window: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub thinking_level: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub fast_mode: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub visibility: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub parent_session_key: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub emit_command_hooks: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub succeeds_parent: Ignored,
}

/// A new conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCreateOutput {
    /// Always true.
    pub ok: bool,
    /// Its key.
    pub key: String,
    /// Its id.
    pub session_id: String,
    /// Its row.
    pub entry: SessionRow,
    /// Whether the first message started a run.
    pub run_started: bool,
    /// That run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

/// Parameters of `sessions.send` and `sessions.steer`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsSendParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What to say.
    pub message: String,
    /// Pictures and files.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub attachments: Vec<Attachment>,
    /// Time limit of the run in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Names the run; a new name is made if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub thinking: Ignored,
}

/// Parameters of `sessions.abort`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsAbortParams {
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Or one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Accepted: what waits is always stopped as well.
    #[serde(default, skip_serializing)]
    pub clear_queued: Ignored,
}

/// The answer of `sessions.abort`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsAbortOutput {
    /// Always true.
    pub ok: bool,
    /// The run that was alive.
    pub aborted_run_id: Option<String>,
    /// `aborted` or `no-active-run`.
    pub status: String,
}

/// Parameters of `sessions.patch`; null clears a field. Anything beyond label, model, archived, pinned and
/// unread needs admin and has no effect here.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPatchParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The person's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub label: Option<Option<String>>,
    /// Model for its runs.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub model: Option<Option<String>>,
    /// Hide it from the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Keep it on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Mark it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
}

/// Tells null (clear it) from absent (leave it).
#[expect(clippy::option_option, reason = "absent, null and a value are three different wishes")]
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// The changed conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsPatchOutput {
    /// Always true.
    pub ok: bool,
    /// Where it is stored.
    pub path: String,
    /// Its key.
    pub key: String,
    /// Its row.
    pub entry: SessionRow,
}

/// Parameters of `sessions.reset`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsResetParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// `new` or `reset`; both do the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A conversation and its row.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsEntryOutput {
    /// Always true.
    pub ok: bool,
    /// Its key.
    pub key: String,
    /// Its row.
    pub entry: SessionRow,
}

/// Parameters of `sessions.delete`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsDeleteParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// True: remove its messages as well; otherwise they stay in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_transcript: Option<bool>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_session_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_lifecycle_revision: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_session_updated_at: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub emit_lifecycle_hooks: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub archived_only: Ignored,
}

/// The answer of `sessions.delete`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsDeleteOutput {
    /// Always true.
    pub ok: bool,
    /// Its key.
    pub key: String,
    /// Whether there was one.
    pub deleted: bool,
    /// Files it was kept in; none here, the database keeps it.
    pub archived: Vec<String>,
}

/// Parameters of `sessions.compact`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsCompactParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
    /// Agent of a short key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub max_lines: Ignored,
}

/// The answer of `sessions.compact`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsCompactOutput {
    /// Always true.
    pub ok: bool,
    /// Its key.
    pub key: String,
    /// Always false.
    pub compacted: bool,
    /// Why not.
    pub reason: String,
}
