//! `node.exec`: a program on a node, in one call from the plan to the result.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of `node.exec`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeExecParams {
    /// The node.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// The program and its arguments; no shell reads them.
    #[schemars(length(min = 1, max = 1024))]
    pub command: Vec<String>,
    /// The folder on the node; its own choice if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub cwd: Option<String>,
    /// Environment variables to set besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub env: BTreeMap<String, String>,
    /// How long the program may run; two minutes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_500_000))]
    pub timeout_ms: Option<u64>,
    /// A repeat under the same key gets the first answer.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
    /// The conversation on whose behalf; for an agent always its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// Whether `node.invoke.progress` events are wanted while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<bool>,
}

/// Output of `node.exec`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeExecOutput {
    /// Always true: it was run, whatever came of it.
    pub ok: bool,
    /// The node.
    pub node_id: String,
    /// Names this run on the node.
    pub run_id: String,
    /// The request that was answered, if somebody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<String>,
    /// Exit code; absent when a signal ended it.
    pub exit_code: Option<i64>,
    /// Whether it was ended because it ran too long.
    pub timed_out: bool,
    /// Whether it ended with exit code 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Why it could not be run, or not to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The node's answer as it is.
    pub payload: Value,
}

/// Parameters of `exec.approvals.node.set`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecApprovalsNodeSetParams {
    /// The node.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// The file's new content; the node checks it.
    pub file: serde_json::Map<String, Value>,
    /// The hash of the file that was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
}
