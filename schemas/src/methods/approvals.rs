//! Permission requests of agents (protocol 5.12).

use std::collections::BTreeMap;

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
    /// Asks for permission; answers when that is decided. With `twoPhase` it says first that the request was accepted.
    ExecApprovalRequest "exec.approval.request" APPROVALS, Natural, ApprovalAskParams => ApprovalDecided;
    /// Waits until a request is decided.
    ExecApprovalWaitDecision "exec.approval.waitDecision" APPROVALS, Natural, ApprovalParams => ApprovalDecided;
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

/// Parameters of `exec.approval.request`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ApprovalAskParams {
    /// A name for it; made if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), pattern(r"^[A-Za-z0-9._:-]+$"))]
    pub id: Option<String>,
    /// What would be done, in one line; of `commandArgv` or the plan if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16384))]
    pub command: Option<String>,
    /// The program and its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub command_argv: Option<Vec<String>>,
    /// The plan of the node that would run it (`system.run.prepare`): the answer counts for that alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_run_plan: Option<SystemRunPlan>,
    /// The environment variables that would be set. Approvers see their names; the answer counts for their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// The folder it would be done in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The node that would do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub node_id: Option<String>,
    /// Where: `gateway` if absent, `node` or `sandbox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub host: Option<String>,
    /// Why, in the words of who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub warning_text: Option<String>,
    /// `always`: the answer is not to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ask: Option<String>,
    /// What may not be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unavailable_decisions: Option<Vec<ApprovalDecision>>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub agent_id: Option<String>,
    /// The program's file, links followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub resolved_path: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The run that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub run_id: Option<String>,
    /// Time that approvers have, in milliseconds: half an hour if absent, at most a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400_000))]
    pub timeout_ms: Option<u64>,
    /// Answer twice: `accepted` at once, the decision later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_phase: Option<bool>,
    /// False: keep it open although nobody who could answer is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_delivery_route: Option<bool>,
    /// Accepted: the policy of this gateway counts.
    #[serde(skip_serializing)]
    pub security: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub scope: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub command_spans: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub session_id: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub tool_call_id: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub turn_source_channel: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub turn_source_to: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub turn_source_account_id: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub turn_source_thread_id: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub approval_reviewer_device_ids: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub suppress_delivery: Ignored,
    /// Accepted.
    #[serde(skip_serializing)]
    pub deliver_to_approval_clients_only: Ignored,
}

/// What a node would run, frozen (protocol 8.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemRunPlan {
    /// The program's file and its arguments.
    #[schemars(length(min = 1, max = 1024))]
    pub argv: Vec<String>,
    /// The folder.
    pub cwd: Option<String>,
    /// The same in one line.
    pub command_text: String,
    /// Its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_preview: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The conversation.
    pub session_key: Option<String>,
    /// The node's own policy when it planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_snapshot: Option<Value>,
    /// The file among the arguments that decides what is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutable_file_operand: Option<FileOperand>,
}

/// A file that a plan counts on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileOperand {
    /// Which argument.
    pub argv_index: u32,
    /// The file.
    pub path: String,
    /// Its digest when it was planned, in hex.
    pub sha256: String,
}

/// The first response of `exec.approval.request` with `twoPhase`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalAccepted {
    /// `accepted`.
    pub status: String,
    /// Names it.
    pub id: String,
    /// `approval-client`; `none` when nobody who could answer is connected.
    pub delivery_route: String,
    /// When it was asked.
    pub created_at_ms: Millis,
    /// When it counts as denied.
    pub expires_at_ms: Millis,
}

/// How a request was decided.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalDecided {
    /// Names it.
    pub id: String,
    /// The answer; null when nobody gave one, which is a no.
    pub decision: Option<ApprovalDecision>,
    /// When it was asked.
    pub created_at_ms: Millis,
    /// When it counts as denied.
    pub expires_at_ms: Millis,
    /// `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`.
    pub terminal_reason: String,
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
