//! Chat (protocol 5.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::agents::{AgentsListOutput, ModelChoice};
use super::sessions::SessionRow;
use super::{ADMIN, READ, WRITE, methods};
use crate::clock::Millis;
use crate::connect::Ignored;
use crate::task::QueueMode;

methods! {
    /// The latest messages of one conversation, oldest first.
    ChatHistory "chat.history" READ, Natural, ChatHistoryParams => ChatHistoryOutput;
    /// The same with what a chat page needs besides.
    ChatStartup "chat.startup" READ, Natural, ChatHistoryParams => ChatStartupOutput;
    /// Sends a message; answers when it is stored.
    ChatSend "chat.send" WRITE, Task, ChatSendParams => ChatSendOutput;
    /// Stops runs of a conversation.
    ChatAbort "chat.abort" WRITE, Natural, ChatAbortParams => ChatAbortOutput;
    /// Writes an assistant's line without running an agent.
    ChatInject "chat.inject" ADMIN, Natural, ChatInjectParams => ChatInjectOutput;
    /// Models and commands of a conversation.
    ChatMetadata "chat.metadata" READ, Natural, ChatMetadataParams => ChatMetadataOutput;
    /// One whole message.
    ChatMessageGet "chat.message.get" READ, Natural, ChatMessageGetParams => ChatMessageGetOutput;
    /// The slash commands.
    CommandsList "commands.list" READ, Natural, CommandsListParams => CommandsListOutput;
}

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

/// The answer of `chat.startup`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatStartupOutput {
    /// Messages.
    #[serde(flatten)]
    pub history: ChatHistoryOutput,
    /// Models and commands.
    pub metadata: ChatMetadataOutput,
    /// All agents.
    pub agents_list: AgentsListOutput,
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

/// Parameters of `chat.send`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatSendParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub session_key: String,
    /// What to say; may be empty when there are attachments.
    pub message: String,
    /// Names the run; the same key joins it.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
    /// Agent of a short session key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Must be the conversation's present id, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What to do while a run is alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_mode: Option<QueueMode>,
    /// Pictures and files.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub attachments: Vec<Attachment>,
    /// Time limit of the run in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// True: a message that starts with a slash is no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_command_interpretation: Option<bool>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub intent: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub thinking: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub fast_mode: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub fast_auto_on_seconds: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub deliver: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub originating_channel: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub originating_to: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub originating_account_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub originating_thread_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reply_to_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub tool_bindings: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub system_input_provenance: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub system_provenance_receipt: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_leaf_entry_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_session_routing_contract: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_permission_mode: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_tool_overrides: Ignored,
}

/// A picture or file within a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `image` or `file`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it is, such as `image/png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub mime_type: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub file_name: Option<String>,
    /// Its bytes in base64.
    pub content: String,
}

/// The answer of `chat.send`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSendOutput {
    /// The run: the idempotency key.
    pub run_id: String,
    /// `started`; for a repeated key `in_flight` or `ok`.
    pub status: String,
}

/// Parameters of `chat.abort`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatAbortParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub session_key: String,
    /// Agent of a short session key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only this run; all of the conversation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub preserve_side_runs: Ignored,
}

/// The answer of `chat.abort`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatAbortOutput {
    /// Always true.
    pub ok: bool,
    /// Whether anything was stopped.
    pub aborted: bool,
    /// What was stopped.
    pub run_ids: Vec<String>,
}

/// Parameters of `chat.inject`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatInjectParams {
    /// The conversation.
    #[schemars(length(min = 1, max = 512))]
    pub session_key: String,
    /// Agent of a short session key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The line.
    #[schemars(length(min = 1))]
    pub message: String,
    /// Put before it in brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub label: Option<String>,
}

/// The answer of `chat.inject`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatInjectOutput {
    /// Always true.
    pub ok: bool,
    /// The new message.
    pub message_id: String,
}

/// Parameters of `chat.metadata`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatMetadataParams {
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Or a conversation of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// Models and commands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChatMetadataOutput {
    /// Models to choose from.
    pub models: Vec<ModelChoice>,
    /// Slash commands.
    pub commands: Vec<CommandEntry>,
}

/// Parameters of `commands.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandsListParams {
    /// Accepted: the commands are the same everywhere.
    #[serde(default, skip_serializing)]
    pub session_key: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub agent_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub provider: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub scope: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_args: Ignored,
}

/// The slash commands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CommandsListOutput {
    /// The commands.
    pub commands: Vec<CommandEntry>,
}

/// One slash command.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandEntry {
    /// Its name without the slash.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Always `native`.
    pub source: String,
    /// Always `both`: typed text and menus.
    pub scope: String,
    /// Whether words may follow.
    pub accepts_args: bool,
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
