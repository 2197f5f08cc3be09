//! Tasks as methods and events show them.

use schemas::clock::Millis;
use schemas::methods::tasks::{TaskStatus, TaskSummary, TaskUsage};
use schemas::task::TaskState;
use uuid::Uuid;

use super::audience::TaskChange;
use super::plan::first_line;
use super::request::{Card, End, Request};
use super::work::Work;
use crate::store::tasks::TaskRow;

/// Returns the number of a task from its id; whether there is such a task only the store knows.
pub fn seq_of(id: &str) -> Option<(Uuid, i64)> {
    let id: Uuid = id.parse().ok()?;
    Some((id, number_of(&id)))
}

/// Returns the number in a task's id.
pub(super) fn number_of(id: &Uuid) -> i64 {
    let mut number = [0; 8];
    number[3..].copy_from_slice(&id.as_bytes()[11..]);
    i64::from_be_bytes(number)
}

/// Returns the protocol's word for a state: what waits between two runs is `queued`.
pub fn status_of(state: TaskState, end: Option<&End>) -> TaskStatus {
    match state {
        TaskState::Pending | TaskState::Planning | TaskState::Waiting => TaskStatus::Queued,
        TaskState::Running => TaskStatus::Running,
        TaskState::Completed => TaskStatus::Completed,
        TaskState::Failed if end.and_then(|end| end.stop_reason.as_deref()) == Some(FAILED_BY_TIME) => {
            TaskStatus::TimedOut
        }
        TaskState::Failed => TaskStatus::Failed,
        TaskState::Cancelled => TaskStatus::Cancelled,
    }
}

/// Returns a stored task for a list; `whole` adds what was asked and answered.
pub fn summary_of(row: TaskRow, whole: bool) -> TaskSummary {
    let end: Option<End> = row.outcome.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let request: Option<Request> = serde_json::from_str(&row.request).ok();
    let (message, work) = request.map(|request| (request.message, request.work)).unwrap_or_default();
    let mut summary = TaskSummary {
        id: row.id.to_string(),
        status: status_of(row.state, end.as_ref()),
        kind: row.kind,
        title: first_line(&message),
        agent_id: row.agent,
        session_key: row.session_key,
        run_id: row.run_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        progress_summary: row.wait_reason,
        error: None,
        result: None,
        prompt: None,
        target: None,
        worker: None,
        attempt: None,
        max_retries: None,
        dead_lettered: None,
        wait_until: None,
        progress: None,
        group: None,
        parent_task_id: None,
        retry_of: None,
        usage: None,
        artifact: None,
    };
    if let Some(end) = &end {
        describe(&mut summary, end);
    }
    if let Some(work) = &work {
        describe_work(&mut summary, work, end.as_ref());
        summary.worker = row.transport.as_deref().and_then(worker_of).map(str::to_owned);
        summary.attempt = Some(row.fence.unsigned_abs()).filter(|fence| *fence > 0);
        summary.wait_until = row.wait_until;
        summary.dead_lettered = Some(row.dead);
    }
    if whole {
        summary.prompt = Some(message).filter(|text| !text.is_empty());
        summary.result = end.and_then(|end| end.text).filter(|text| !text.is_empty());
    }
    summary
}

impl Card {
    /// Returns the task as the `task` event shows it.
    pub fn summary(&self, change: &TaskChange<'_>) -> TaskSummary {
        let mut summary = TaskSummary {
            id: self.id.to_string(),
            status: status_of(change.state, change.end),
            kind: <&str>::from(self.kind).into(),
            title: first_line(&self.request.message),
            agent_id: self.agent.clone(),
            session_key: self.key.to_string(),
            run_id: self.run_id.clone(),
            created_at: self.created_at,
            updated_at: change.at,
            started_at: change.started_at,
            ended_at: change.end.map(|end| end.ended_at),
            progress_summary: change.reason.map(str::to_owned),
            error: None,
            result: None,
            prompt: None,
            target: None,
            worker: None,
            attempt: None,
            max_retries: None,
            dead_lettered: None,
            wait_until: None,
            progress: None,
            group: None,
            parent_task_id: None,
            retry_of: None,
            usage: None,
            artifact: None,
        };
        if let Some(end) = change.end {
            describe(&mut summary, end);
        }
        if let Some(work) = &self.request.work {
            describe_work(&mut summary, work, change.end);
        }
        summary
    }
}

fn describe(summary: &mut TaskSummary, end: &End) {
    summary.error = end.failure.as_ref().map(|failure| failure.message.clone());
    if let Some(run_id) = &end.joined {
        summary.progress_summary = Some(format!("answered by run {run_id}"));
    }
}

fn describe_work(summary: &mut TaskSummary, work: &Work, end: Option<&End>) {
    if let Some(title) = &work.title {
        summary.title.clone_from(title);
    }
    summary.target = Some(work.target.to_string());
    summary.max_retries = Some(work.max_retries);
    summary.group.clone_from(&work.group);
    summary.parent_task_id = work.parent.map(|id| id.to_string());
    summary.retry_of = work.retry_of.map(|id| id.to_string());
    let usage = end.and_then(|end| end.usage.as_ref());
    summary.usage = usage.map(|usage| TaskUsage {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cost_usd: usage.cost_usd,
    });
    summary.artifact = end.and_then(|end| end.artifact.clone());
}

/// Returns the worker that a run's transport leads to.
pub(super) fn worker_of(transport: &str) -> Option<&str> {
    transport.strip_prefix(TO_WORKER)
}

/// What the name of a transport to a worker begins with.
pub const TO_WORKER: &str = "node:";

impl End {
    /// Returns how long the work took, in milliseconds.
    pub fn took(&self) -> Millis {
        self.started_at.map_or(0, |started| self.ended_at - started)
    }
}

/// Stop reason of a task that was ended by its time limit.
pub const FAILED_BY_TIME: &str = "timeout";
