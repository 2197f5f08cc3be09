//! What requests and answers of `/api` hold: the words of a coordinator (requirements 3.4, 4.6), and ours beside them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemas::clock::Millis;
use schemas::methods::tasks::{OutputChunk, TaskNeed, TaskStatus, TaskSummary, TaskUsage, TasksStatsOutput};
use schemas::work::{Artifact, Isolation};
use serde::{Deserialize, Serialize};

/// Work to be done.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dispatch {
    /// What to do.
    #[schemars(length(min = 1, max = 1_000_000))]
    pub(super) prompt: String,
    /// The worker that does it; `local` is the gateway's own machine.
    pub(super) agent_name: Option<String>,
    /// Or any worker of this pool.
    pub(super) pool: Option<String>,
    /// Or a selector: `local`, `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`. `local` if none of the
    /// three is given.
    pub(super) on: Option<String>,
    /// The agent; the default one if absent.
    pub(super) agent_id: Option<String>,
    /// An earlier conversation to go on with, by its id.
    pub(super) session_id: Option<String>,
    /// Or by its key.
    pub(super) session_key: Option<String>,
    /// Model for this task.
    pub(super) model: Option<String>,
    /// The most that it may cost, in US dollars; more than 0 and at most 10000.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub(super) max_budget_usd: Option<f64>,
    /// Tools that run without asking; never more than agent and worker allow.
    pub(super) allowed_tools: Option<Names>,
    /// Tools that are refused.
    pub(super) disallowed_tools: Option<Names>,
    /// Further folders that may be used.
    pub(super) add_dirs: Option<Names>,
    /// Permission mode, in the agent's own words.
    pub(super) permission_mode: Option<String>,
    /// How it is kept apart from other work.
    pub(super) isolation: Option<Isolation>,
    /// Which goes first among those that wait, -100 to 100.
    pub(super) priority: Option<i32>,
    /// Time limit of a run, in milliseconds.
    pub(super) timeout_ms: Option<u64>,
    /// It does not start before this time, in milliseconds since 1970.
    pub(super) not_before: Option<Millis>,
    /// It fails unless it has started by this time, in milliseconds since 1970.
    pub(super) expires_at: Option<Millis>,
    /// Tasks that come first.
    #[serde(default)]
    pub(super) after: Vec<TaskNeed>,
    /// Further runs after failures that pass.
    pub(super) max_retries: Option<u32>,
    /// What lists show.
    pub(super) title: Option<String>,
    /// Words of the caller's own.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// Names the task: a repeat joins it. The header `Idempotency-Key` does the same.
    pub(super) idempotency_key: Option<String>,
}

/// Names, as a list or separated by commas.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Names {
    /// A list.
    List(Vec<String>),
    /// Separated by commas.
    Text(String),
}

impl Names {
    pub(super) fn list(self) -> Vec<String> {
        match self {
            Self::List(names) => names,
            Self::Text(text) => split(&text),
        }
    }
}

/// Splits at commas outside of parentheses: `Bash(git add, git commit), Read` are two.
fn split(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Work that was taken.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dispatched {
    /// The task.
    pub(super) task_id: String,
    /// Where it goes: a worker's name, or the selector.
    pub(super) agent_name: String,
    /// Always `queued`: it is stored, and begins when there is a place for it.
    pub(super) status: String,
    /// Its run.
    pub(super) run_id: String,
    /// Its conversation.
    pub(super) session_key: String,
    /// Tasks that wait for a place.
    pub(super) queue_depth: u64,
}

/// A task's state in a coordinator's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// It waits, for its turn or between two runs.
    Pending,
    /// It is being worked on.
    Running,
    /// It ended well.
    Completed,
    /// It ended badly, or was cancelled.
    Error,
    /// It was given up after its retries.
    DeadLetter,
}

impl State {
    pub(super) fn of(task: &TaskSummary) -> Self {
        match task.status {
            TaskStatus::Queued => Self::Pending,
            TaskStatus::Running => Self::Running,
            TaskStatus::Completed => Self::Completed,
            _ if task.dead_lettered == Some(true) => Self::DeadLetter,
            TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::TimedOut => Self::Error,
        }
    }
}

/// A task.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    /// Its id.
    pub(super) id: String,
    /// The worker that performs or performed it, or its target.
    pub(super) agent_name: String,
    /// What was asked; in lists the beginning of it.
    pub(super) prompt: String,
    /// Its state in a coordinator's words.
    pub(super) status: State,
    /// Its state in the gateway's own words.
    pub(super) state: TaskStatus,
    /// Whether it was cancelled.
    pub(super) cancelled: bool,
    /// The lines of its answer, once there is one; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Vec<String>>,
    /// Whether output is missing.
    pub(super) truncated: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// When it was stored, in milliseconds since 1970.
    pub(super) created_at: Millis,
    /// When its first run started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started_at: Option<Millis>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) completed_at: Option<Millis>,
    /// Runs after the first.
    pub(super) retry_count: u64,
    /// Runs that there may be after the first.
    pub(super) max_retries: u32,
    /// Whether it was given up.
    pub(super) dead_lettered: bool,
    /// The task that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_of: Option<String>,
    /// The organisation.
    pub(super) org_id: String,
    /// The run's name in logs and events.
    pub(super) trace_id: String,
    /// The agent.
    pub(super) agent_id: String,
    /// The conversation.
    pub(super) session_key: String,
    /// What it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<TaskUsage>,
    /// What it left besides its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) artifact: Option<Artifact>,
}

impl Task {
    /// Translates a task; `whole`: with its output.
    pub(super) fn of(task: TaskSummary, org: &str, whole: bool) -> Self {
        let output =
            task.result.as_deref().map(|text| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>());
        Self {
            status: State::of(&task),
            state: task.status,
            cancelled: task.status == TaskStatus::Cancelled,
            agent_name: name_of(task.worker.as_deref().or(task.target.as_deref())),
            prompt: task.prompt.unwrap_or(task.title),
            output: whole.then(|| output.unwrap_or_default()),
            truncated: false,
            error: task.error,
            created_at: task.created_at,
            started_at: task.started_at,
            completed_at: task.ended_at,
            retry_count: task.attempt.unwrap_or(1).saturating_sub(1),
            max_retries: task.max_retries.unwrap_or_default(),
            dead_lettered: task.dead_lettered == Some(true),
            retry_of: task.retry_of,
            org_id: org.to_owned(),
            trace_id: task.run_id,
            agent_id: task.agent_id,
            session_key: task.session_key,
            usage: task.usage,
            artifact: task.artifact,
            id: task.id,
        }
    }
}

/// Returns a place as a coordinator names it.
pub(super) fn name_of(place: Option<&str>) -> String {
    let place = place.unwrap_or("local");
    place.strip_prefix("node:").unwrap_or(place).to_owned()
}

/// A page of tasks.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskPage {
    /// Latest first, without their outputs.
    pub(super) tasks: Vec<Task>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// One task.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OneTask {
    /// The task.
    pub(super) task: Task,
}

/// A page of what a task said and did.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// What happened, in order.
    pub(super) chunks: Vec<OutputChunk>,
    /// `after` of the next page.
    pub(super) next: u64,
    /// Whether the task has ended and this was the last of it.
    pub(super) done: bool,
}

/// What became of a request to stop a task.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cancelled {
    /// Always true: a task that could not be stopped is a conflict.
    pub(super) cancelled: bool,
    /// The task.
    pub(super) task: Task,
}

/// A further message for a task's agent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Further {
    /// What to say.
    #[schemars(length(min = 1, max = 1_000_000))]
    pub(super) message: String,
    /// Names the message: a repeat is not said twice. The header `Idempotency-Key` does the same.
    pub(super) idempotency_key: Option<String>,
}

/// A message for whoever works at a place.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Message {
    /// Who says it, in the caller's words; the receiver is shown it as such.
    #[schemars(length(min = 1, max = 128))]
    pub(super) from_agent: String,
    /// The worker whose running task is told, or `local`.
    #[schemars(length(min = 1, max = 128))]
    pub(super) to_agent: String,
    /// What it is about.
    #[schemars(length(min = 1, max = 256))]
    pub(super) topic: String,
    /// What is said.
    #[schemars(length(min = 1, max = 1_000_000))]
    pub(super) body: String,
}

/// What became of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    /// Names the message.
    pub(super) correlation_id: String,
    /// `delivered`: a running task has it; `agent-offline`; `unknown-agent`.
    pub(super) status: String,
    /// The task that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) task_id: Option<String>,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stats {
    /// The counts.
    pub(super) stats: TasksStatsOutput,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_outside_of_parentheses() {
        let names = |text: &str| Names::Text(text.to_owned()).list();
        assert_eq!(names("Read, Bash(git add, git commit),"), ["Read", "Bash(git add, git commit)"]);
        assert_eq!(Names::List(vec!["a b".into()]).list(), ["a b"]);
        assert!(names("").is_empty());
    }

    #[test]
    fn places_are_named_as_a_coordinator_does() {
        assert_eq!(name_of(Some("node:b")), "b");
        assert_eq!(name_of(Some("pool:ci")), "pool:ci");
        assert_eq!(name_of(None), "local");
    }
}
