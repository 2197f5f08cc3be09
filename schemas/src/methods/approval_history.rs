//! Requests for permission, open and past, as one list (protocol 5.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approvals::{ApprovalDecision, ApprovalParams};
use super::{APPROVALS, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// One request, open or not.
    ApprovalGet "approval.get" APPROVALS, Natural, ApprovalParams => ApprovalGetOutput;
    /// Answers a request and returns how it stands; the first answer counts.
    ApprovalResolve "approval.resolve" APPROVALS, Natural, ApprovalAnswerParams => ApprovalAnswerOutput;
    /// Requests that have ended, latest first.
    ApprovalHistory "approval.history" APPROVALS, Natural, ApprovalHistoryParams => ApprovalHistoryOutput;
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalKind {
    /// A command, or a tool of an agent.
    Exec,
    /// A plugin's own; there are none.
    Plugin,
    /// A proposal of a stock gateway's own agent; there are none.
    SystemAgent,
}

/// A request and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalSnapshot {
    /// Names it.
    pub id: String,
    /// Its page in the panel.
    pub url_path: String,
    /// When it was asked.
    pub created_at_ms: Millis,
    /// When it counts as denied.
    pub expires_at_ms: Millis,
    /// What approvers are shown.
    pub presentation: ApprovalPresentation,
    /// `pending`, `allowed`, `denied`, `expired` or `cancelled`.
    pub status: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at_ms: Option<Millis>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ApprovalDecision>,
    /// `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolver: Option<ApprovalResolver>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ApprovalSource>,
}

/// What approvers are shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalPresentation {
    /// What it is about.
    pub kind: ApprovalKind,
    /// What would be done.
    pub command_text: String,
    /// Its beginning.
    pub command_preview: Option<String>,
    /// Why, in the words of who asks.
    pub warning_text: Option<String>,
    /// Where.
    pub host: Option<String>,
    /// The node, if it is one.
    pub node_id: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// What may be answered.
    pub allowed_decisions: Vec<ApprovalDecision>,
}

/// Who answered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalResolver {
    /// `device`, `channel`, `runtime` or `system`.
    pub kind: String,
    /// The principal: `device:ID`, `token`, `local:UID`, or somebody on a chat platform.
    pub id: String,
}

/// Who asked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalSource {
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// One request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalGetOutput {
    /// It.
    pub approval: ApprovalSnapshot,
}

/// Parameters of `approval.resolve`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalAnswerParams {
    /// The request.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// What it is about.
    pub kind: ApprovalKind,
    /// The answer.
    pub decision: ApprovalDecision,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reviewer: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub grant_expires_in_days: Ignored,
}

/// How a request stands after an answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAnswerOutput {
    /// Whether this answer counted: false when the request had ended.
    pub applied: bool,
    /// How it stands.
    pub approval: ApprovalSnapshot,
}

/// Parameters of `approval.history`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ApprovalHistoryParams {
    /// Where to go on: `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub cursor: Option<String>,
    /// How many, 50 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Only those about this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ApprovalKind>,
}

/// Requests that have ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalHistoryOutput {
    /// They, latest first.
    pub items: Vec<ApprovalSnapshot>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
