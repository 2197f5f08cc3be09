//! Conversations (protocol 5.6): the methods, a row of the list, subscriptions.

mod change;
mod find;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chat::ChatSendOutput;
use super::{ADMIN, NoParams, READ, WRITE, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

pub use change::*;
pub use find::*;

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
