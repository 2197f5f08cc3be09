//! Chat (protocol 5.5): the methods, and everything but reading what was said.

mod history;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agents::{AgentsListOutput, ModelChoice};
use super::{ADMIN, READ, WRITE, methods};
use crate::connect::Ignored;
use crate::task::QueueMode;

pub use history::*;

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
