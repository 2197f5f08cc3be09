//! Permission requests of agents (protocol 5.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{APPROVALS, Done, NoParams, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// Requests that wait for an answer.
    ExecApprovalList "exec.approval.list" APPROVALS, Natural, NoParams => Vec<ApprovalEntry>;
    /// One request.
    ExecApprovalGet "exec.approval.get" APPROVALS, Natural, ApprovalParams => ApprovalDetail;
    /// Answers a request; the first answer counts.
    ExecApprovalResolve "exec.approval.resolve" APPROVALS, Natural, ApprovalResolveParams => Done;
}

/// A request that waits; also the payload of `exec.approval.requested`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalEntry {
    /// Names it.
    pub id: String,
    /// What is asked.
    pub request: ApprovalRequest,
    /// When it was asked.
    pub created_at_ms: Millis,
    /// When it counts as denied.
    pub expires_at_ms: Millis,
}

/// What is asked.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// What would be done, in one line.
    pub command: String,
    /// The program and its arguments, if it is a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_argv: Option<Vec<String>>,
    /// The names of the environment variables that would be set; never their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_keys: Option<Vec<String>>,
    /// The folder it would be done in.
    pub cwd: Option<String>,
    /// Where: `gateway` or `node`.
    pub host: String,
    /// The node, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The program's file, links followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_path: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Its conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The run that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// The tool's whole input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_input: Option<Value>,
    /// Why, in the words of who asks.
    pub warning_text: Option<String>,
    /// What may be answered: `deny` always, `allow-once`, and `allow-always` where that can be remembered.
    pub allowed_decisions: Vec<ApprovalDecision>,
}

/// Parameters that name a request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalParams {
    /// The request.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
}

/// One request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalDetail {
    /// Names it.
    pub id: String,
    /// What would be done.
    pub command_text: String,
    /// Its beginning.
    pub command_preview: String,
    /// What may be answered.
    pub allowed_decisions: Vec<ApprovalDecision>,
    /// Where.
    pub host: String,
    /// The node, if it is one.
    pub node_id: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// When it counts as denied.
    pub expires_at_ms: Millis,
}

/// Parameters of `exec.approval.resolve`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalResolveParams {
    /// The request.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// The answer.
    pub decision: ApprovalDecision,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reviewer: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub grant_expires_in_days: Ignored,
}

/// An answer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ApprovalDecision {
    /// Yes, this time.
    AllowOnce,
    /// Yes, and the same again without asking.
    AllowAlways,
    /// No.
    Deny,
}

/// Payload of `exec.approval.resolved`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalResolved {
    /// The request.
    pub id: String,
    /// The answer.
    pub decision: ApprovalDecision,
    /// Who answered; absent when nobody did in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// When.
    pub ts: Millis,
    /// What was asked.
    pub request: ApprovalRequest,
}
