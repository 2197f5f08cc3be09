//! Following work: its output, its changes, further messages, another try, and how much there is of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TaskSummary;
use crate::clock::Millis;
use crate::work::ArtifactKind;

/// Parameters of `tasks.output`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksOutputParams {
    /// The task, or the first six or more characters of its id.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
    /// `next` of the answer before; everything from the beginning if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Steps at most; 500 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5000))]
    pub limit: Option<u32>,
    /// How long to wait for more if there is none yet, in milliseconds; no wait if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 25_000))]
    pub wait_ms: Option<u64>,
}

/// The answer of `tasks.output`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TasksOutputOutput {
    /// What happened, in order.
    pub chunks: Vec<OutputChunk>,
    /// Where to go on.
    pub next: u64,
    /// Whether the task has ended and this was the last of it.
    pub done: bool,
    /// The task, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskSummary>,
}

/// One step of a task's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputChunk {
    /// Its number within the task, from 0, without holes.
    pub seq: u64,
    /// When it was stored.
    pub at: Millis,
    /// Which run of the task it belongs to, from 1.
    pub fence: u64,
    /// What happened; `step` in it is its kind: `text`, `tool_start`, `gap`, …
    pub step: Value,
}

/// Parameters of `tasks.retry`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksRetryParams {
    /// The task, or the first six or more characters of its id.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
    /// Names the new task: a repeat joins it.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
}

/// Parameters of `tasks.send`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksSendParams {
    /// The task, or the first six or more characters of its id.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
    /// What to tell its agent.
    #[schemars(length(min = 1, max = 1_000_000))]
    pub message: String,
    /// Names the message: a repeat is not sent twice.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
}

/// The answer of `tasks.send`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TasksSendOutput {
    /// Whether the run that is alive took it; otherwise it is the conversation's next message.
    pub taken: bool,
    /// The task that the message became: part of the live run, or with a run of its own.
    pub task_id: String,
}

/// Parameters of `tasks.diff`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksDiffParams {
    /// The task, or the first six or more characters of its id.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
}

/// What a task changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TasksDiffOutput {
    /// What it is.
    pub kind: ArtifactKind,
    /// Of a patch, the commit it applies to; of a branch, the branch.
    #[serde(rename = "ref")]
    pub name: String,
    /// The patch.
    pub text: String,
    /// Whether the patch was larger than is kept.
    pub truncated: bool,
}

/// How much work there is and was.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TasksStatsOutput {
    /// Tasks accepted.
    pub tasks_dispatched: u64,
    /// Those of them that completed.
    pub tasks_completed: u64,
    /// Those that failed.
    pub tasks_errored: u64,
    /// Workers that are connected.
    pub connected_agents: u64,
    /// Tasks that wait.
    pub queue_depth: u64,
    /// Tasks that run.
    pub active_tasks: u64,
    /// Time since the gateway started.
    pub uptime_ms: u64,
}
