//! Tasks: every piece of work, whatever started it (requirements 2.2).

mod dispatch;
mod follow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoParams, READ, WRITE, methods};
use crate::clock::Millis;
use crate::work::Artifact;

pub use dispatch::*;
pub use follow::*;

methods! {
    /// Tasks, latest first.
    TasksList "tasks.list" READ, Natural, TasksListParams => TasksListOutput;
    /// One task.
    TasksGet "tasks.get" READ, Natural, TasksGetParams => TasksGetOutput;
    /// Stops a task.
    TasksCancel "tasks.cancel" WRITE, Natural, TasksCancelParams => TasksCancelOutput;
    /// Gives an agent work, here or on another machine. Answers when it is stored.
    TasksDispatch "tasks.dispatch" WRITE, Task, TasksDispatchParams => TasksDispatchOutput;
    /// What a dispatched task said and did, from any point on; waits for more if asked to.
    TasksOutput "tasks.output" READ, Natural, TasksOutputParams => TasksOutputOutput;
    /// Makes a new task of what an ended one was asked.
    TasksRetry "tasks.retry" WRITE, Task, TasksRetryParams => TasksDispatchOutput;
    /// Tells the agent of a task something more: within its run if that is alive, as the next message otherwise.
    TasksSend "tasks.send" WRITE, Task, TasksSendParams => TasksSendOutput;
    /// What a task changed in its work tree.
    TasksDiff "tasks.diff" READ, Natural, TasksDiffParams => TasksDiffOutput;
    /// How much work there is and was.
    TasksStats "tasks.stats" READ, Natural, NoParams => TasksStatsOutput;
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
    /// Only of this kind: `work` is what was dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub kind: Option<String>,
    /// Only with this target, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub on: Option<String>,
    /// Only those whose latest run is this worker's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub worker: Option<String>,
    /// Only of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub group: Option<String>,
    /// Only those that were given up after their retries, or only the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_lettered: Option<bool>,
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
    /// What started it: chat, agent, wake, channel, work.
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
    /// Where it is to be performed; dispatched work only, as all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The worker of its latest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Which run of it is the latest, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// Further runs that it may have after failures that pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<u32>,
    /// Whether it was given up; `tasks.retry` tries it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_lettered: Option<bool>,
    /// Until when it waits, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Millis>,
    /// How far it is, from 0 to 100, as its agent says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
    /// The group that it counts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<TaskGroup>,
    /// The task that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<String>,
    /// The task that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TaskUsage>,
    /// What it left besides its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
}

/// What a task cost, as its agent reckons it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskUsage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Price in US dollars, if the agent said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// Parameters of `tasks.get`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksGetParams {
    /// The task, or the first six or more characters of its id.
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
    /// The task, or the first six or more characters of its id.
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
