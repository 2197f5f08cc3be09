//! Dispatching work: what is asked, on which conditions, and what is answered at once.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TaskStatus;
use crate::clock::Millis;
use crate::methods::chat::Attachment;
use crate::work::{Isolation, TaskPermissions};

/// Parameters of `tasks.dispatch`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TasksDispatchParams {
    /// Names the task: a repeat joins it. It is the run's id as well.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
    /// What to do.
    #[schemars(length(max = 1_000_000))]
    pub message: String,
    /// Who does it; the default agent if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub agent_id: Option<String>,
    /// The conversation that it belongs to; one of its own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub session_key: Option<String>,
    /// Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub on: Option<String>,
    /// Model for this task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub model: Option<String>,
    /// Time limit of a run in milliseconds; the agent's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 604_800_000))]
    pub timeout_ms: Option<u64>,
    /// What it may do; never more than the agent and the worker allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<TaskPermissions>,
    /// The most that it may cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub budget_usd: Option<f64>,
    /// How it is kept apart from other work in the same folder; as the worker has it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// Which goes first among those that wait for a place; 0 if absent, more is sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -100, max = 100))]
    pub priority: Option<i32>,
    /// It does not start before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    /// It fails unless it has started by this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// Tasks that come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub after: Vec<TaskNeed>,
    /// The task that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub parent_task_id: Option<String>,
    /// Whether it is stopped when its parent ends as failed or cancelled; true if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<bool>,
    /// The group that it counts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<TaskGroup>,
    /// Further runs after one that failed through something that passes; 3 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub max_retries: Option<u32>,
    /// Whether a run that used up its time limit is tried again; false if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_on_timeout: Option<bool>,
    /// What lists show; the beginning of the message if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub title: Option<String>,
    /// Words of the caller's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A task that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskNeed {
    /// The task.
    #[schemars(length(min = 1, max = 64))]
    pub task_id: String,
    /// What must become of it; `success` if absent.
    #[serde(default)]
    pub need: Need,
}

/// What must become of a task that another one waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// It must complete; if it does not, the waiting task fails.
    #[default]
    Success,
    /// It must end, in whatever way.
    End,
}

/// The group that a task counts in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskGroup {
    /// Its name, of the caller's choice.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// Tasks of the group that are enough: once so many have completed, the others are stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub quorum: Option<u32>,
}

/// The answer of `tasks.dispatch`, once the task is stored.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TasksDispatchOutput {
    /// The task.
    pub task_id: String,
    /// Its run, as chat clients know it.
    pub run_id: String,
    /// Its agent.
    pub agent_id: String,
    /// Its conversation.
    pub session_key: String,
    /// Its state.
    pub status: TaskStatus,
    /// Tasks that wait for a place, this one included if it does.
    pub queue_depth: u64,
}
