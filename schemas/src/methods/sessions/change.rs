//! Changing conversations: create, send, abort, patch, reset, delete, compact.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::SessionRow;
use crate::connect::Ignored;
use crate::methods::chat::Attachment;

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
    /// Fields without effect here.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl SessionsPatchParams {
    /// Says whether only such fields are present as need no admin (protocol 5.1).
    pub fn is_ordinary(&self) -> bool {
        let full = self.other.get("permissionMode").is_some_and(|mode| mode == "full");
        !full && self.other.keys().all(|name| ORDINARY.contains(&name.as_str()))
    }
}

/// Fields of `sessions.patch` without effect here that need no admin (protocol 5.1).
const ORDINARY: [&str; 9] = [
    "autoLabel",
    "icon",
    "color",
    "category",
    "boardFace",
    "agentRuntime",
    "thinkingLevel",
    "fastMode",
    "permissionMode",
];

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
