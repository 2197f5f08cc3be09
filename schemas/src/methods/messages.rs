//! Messages to chat platforms on somebody's order (protocol 5.3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{WRITE, methods};
use crate::connect::Ignored;

methods! {
    /// Sends a message to a conversation on a platform.
    Send "send" WRITE, Keyed, SendParams => SentOutput;
    /// Does something on a platform: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read.
    MessageAction "message.action" WRITE, Keyed, MessageActionParams => MessageActionOutput;
    /// Asks a poll on a platform.
    PollAsk "poll" WRITE, Keyed, PollParams => SentOutput;
}

/// Parameters of `send`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendParams {
    /// The conversation: its id on the platform, or `PLATFORM:ID`. Without it the one where `sessionKey` is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub to: Option<String>,
    /// Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100_000))]
    pub message: Option<String>,
    /// The path of a file: of the state directory's, and for agents of their working folder or of what came with their
    /// conversation. Addresses are not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// Several of these, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub media_urls: Vec<String>,
    /// A file as base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub filename: Option<String>,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub content_type: Option<String>,
    /// Whether it is a spoken message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_voice: Option<bool>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub gif_playback: Ignored,
    /// The platform; needed unless `to` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub agent_id: Ignored,
    /// The message that it answers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_id: Option<String>,
    /// The thread or topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Whether files are sent as files, whatever they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_document: Option<bool>,
    /// Whether it makes no sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
    /// Accepted: text is always Markdown.
    #[serde(default, skip_serializing)]
    pub parse_mode: Ignored,
    /// The conversation in whose name it is sent, and to which it goes without `to`. An agent names its own or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The same key sends once.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
}

/// Parameters of `message.action`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageActionParams {
    /// The platform.
    #[schemars(length(min = 1, max = 32))]
    pub channel: String,
    /// What to do: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read.
    #[schemars(length(min = 1, max = 32))]
    pub action: String,
    /// What the action takes: `to` or `target`, `message`, `messageId`, `emoji`, `threadId`, and so on.
    pub params: Map<String, Value>,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reply: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub requester_account_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub requester_sender_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub sender_is_owner: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub session_key: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub session_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub inbound_turn_kind: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub agent_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub tool_context: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub conversation_read_origin: Ignored,
    /// The same key acts once.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
}

/// Parameters of `poll`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PollParams {
    /// The conversation: its id on the platform, or `PLATFORM:ID`.
    #[schemars(length(min = 1, max = 256))]
    pub to: String,
    /// What is asked.
    #[schemars(length(min = 1, max = 300))]
    pub question: String,
    /// The options.
    #[schemars(length(min = 2, max = 12))]
    pub options: Vec<String>,
    /// How many may be chosen; one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    pub max_selections: Option<u32>,
    /// How long it is open, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 604_800))]
    pub duration_seconds: Option<u32>,
    /// How long it is open, in hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 168))]
    pub duration_hours: Option<u32>,
    /// Whether it makes no sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
    /// Whether nobody sees who chose what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_anonymous: Option<bool>,
    /// The thread or topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// The platform; needed unless `to` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The account; `main` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The same key asks once.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
}

/// A message that was sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentOutput {
    /// The idempotency key.
    pub run_id: String,
    /// The platform's id of the message; of several the last.
    pub message_id: String,
    /// The platform.
    pub channel: String,
    /// The conversation.
    pub chat_id: String,
    /// The poll that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_id: Option<String>,
}

/// What came of an action.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageActionOutput {
    /// Always true.
    pub ok: bool,
    /// The platform's id of the message, if one came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The thread or poll that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// What was read: objects with `id`, `text` and `author`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Value>>,
}
