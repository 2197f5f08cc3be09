//! Tasks: every piece of work, whatever started it (requirements 2.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{READ, WRITE, methods};
use crate::clock::Millis;

methods! {
    /// Tasks, latest first.
    TasksList "tasks.list" READ, Natural, TasksListParams => TasksListOutput;
    /// One task.
    TasksGet "tasks.get" READ, Natural, TasksGetParams => TasksGetOutput;
    /// Stops a task.
    TasksCancel "tasks.cancel" WRITE, Natural, TasksCancelParams => TasksCancelOutput;
}

/// A task's state as the protocol names it: pending, planning and waiting are `queued`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not running yet, or between two runs.
    Queued,
    /// A run is alive.
    Running,
    /// Ended with a result.
    Completed,
    /// Ended with an error.
    Failed,
    /// Ended by request.
    Cancelled,
    /// Ended by its time limit.
    TimedOut,
}

/// One state or several.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TaskStatusFilter {
    /// One.
    One(TaskStatus),
    /// Several.
    Any(Vec<TaskStatus>),
}

/// Parameters of `tasks.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksListParams {
    /// Only in these states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatusFilter>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only this conversation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Rows at most; 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TasksListOutput {
    /// Latest first.
    pub tasks: Vec<TaskSummary>,
    /// Where the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One task; also the payload of the `task` event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskSummary {
    /// Its id (UUID version 7).
    pub id: String,
    /// Its state.
    pub status: TaskStatus,
    /// What started it: chat, agent, wake.
    pub kind: String,
    /// The beginning of its prompt.
    pub title: String,
    /// Its agent.
    pub agent_id: String,
    /// Its conversation.
    pub session_key: String,
    /// Its run, as chat clients know it.
    pub run_id: String,
    /// When it was stored.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// When its first run started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Millis>,
    /// Why it waits or how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_summary: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The answer; in `tasks.get` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What was asked; in `tasks.get` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// Parameters of `tasks.get`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksGetParams {
    /// The task.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
}

/// One task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TasksGetOutput {
    /// The task.
    pub task: TaskSummary,
}

/// Parameters of `tasks.cancel`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksCancelParams {
    /// The task.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
}

/// The answer of `tasks.cancel`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TasksCancelOutput {
    /// Whether there is such a task.
    pub found: bool,
    /// Whether this call stopped it.
    pub cancelled: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskSummary>,
}
