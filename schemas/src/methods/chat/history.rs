//! Reading what was said: `chat.history`, `chat.message.get` and the messages they return.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::connect::Ignored;
use crate::methods::sessions::SessionRow;

/// Parameters of `chat.history` and `chat.startup`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatHistoryParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub session_key: String,
    /// Agent of a short session key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Messages at most; 200 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
    /// Messages to skip, counted from the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only messages older than this position (`__openclaw.seq`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// An earlier id of the conversation, to read what was before a reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Cut each text after so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 500_000))]
    pub max_chars: Option<u32>,
    /// Size of the answer at most, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_bytes: Option<u64>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub pending_before: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub input_run_ids: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub message_id: Ignored,
}

/// Messages of a conversation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistoryOutput {
    /// The conversation.
    pub session_key: String,
    /// Its present id.
    pub session_id: String,
    /// Oldest first.
    pub messages: Vec<HistoryMessage>,
    /// Whether there are older ones.
    pub has_more: bool,
    /// How many there are.
    pub total_messages: u64,
    /// Where to go on: give it as `cursor` for the next older page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_cursor: Option<String>,
    /// The conversation's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_info: Option<SessionRow>,
    /// The run that is alive, with its text so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight_run: Option<InFlightRun>,
}

/// A stored message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryMessage {
    /// `user`, `assistant`, `toolResult` or `system`.
    pub role: String,
    /// Blocks: text, thinking, toolCall, image, file.
    pub content: Vec<Value>,
    /// When.
    pub timestamp: Millis,
    /// The executor that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens and cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
    /// Why it stopped; `aborted` and `error` for runs that did not finish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The call that a `toolResult` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The tool of a `toolResult`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// Whether the tool of a `toolResult` failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
    /// `<runId>:user` on the message that started the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Position and run; clients match live runs and history by it.
    #[serde(rename = "__openclaw")]
    pub meta: MessageMeta,
}

/// Position and run of a stored message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageMeta {
    /// The message's id.
    pub id: String,
    /// Grows within the conversation.
    pub seq: u64,
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// As on the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// When it was stored.
    pub record_timestamp_ms: Millis,
}

/// A run that is alive.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InFlightRun {
    /// The run.
    pub run_id: String,
    /// Its text so far.
    pub text: String,
    /// When it started.
    pub started_at: Millis,
    /// Its latest `agent` events, to show its tools.
    pub events: Vec<Value>,
}

/// Parameters of `chat.message.get`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatMessageGetParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub session_key: String,
    /// Agent of a short session key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The message.
    #[schemars(length(min = 1, max = 64))]
    pub message_id: String,
    /// Cut its text after so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 500_000))]
    pub max_chars: Option<u32>,
}

/// One whole message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageGetOutput {
    /// Whether it exists.
    pub ok: bool,
    /// The message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<HistoryMessage>,
    /// `not_found`, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_reason: Option<String>,
}
