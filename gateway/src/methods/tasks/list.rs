//! `tasks.list`: tasks, latest first.

use schemas::error::WireError;
use schemas::methods::tasks::{TaskStatus, TaskStatusFilter, TaskSummary, TasksListOutput, TasksListParams};

use super::find::shown;
use crate::methods::Call;
use crate::store::tasks::{self as rows, TaskFilter};
use crate::tasks::TO_WORKER;

/// Returns a page of tasks.
pub async fn list(call: Call, params: TasksListParams) -> Result<TasksListOutput, WireError> {
    let before = match params.cursor.as_deref().map(str::parse::<i64>) {
        Some(Err(_)) => {
            return Err(WireError::invalid("/cursor must be the nextCursor of an earlier answer"));
        }
        cursor => cursor.and_then(Result::ok),
    };
    let wanted = match params.status {
        None => Vec::new(),
        Some(TaskStatusFilter::One(status)) => vec![status],
        Some(TaskStatusFilter::Any(statuses)) => statuses,
    };
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    let filter = TaskFilter {
        states: wanted.iter().flat_map(|status| states(*status)).copied().collect(),
        agent: params.agent_id,
        session_key: params.session_key,
        kind: params.kind,
        target: params.on,
        transport: params.worker.map(|name| format!("{TO_WORKER}{name}")),
        group: params.group,
        dead: params.dead_lettered,
        before,
        limit: limit + 1,
    };
    let org = call.who().org.clone();
    let mut page = call.services.store.read(move |db| rows::list(db, &org, &filter)).await?;
    let more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_cursor = page.last().filter(|_| more).map(|row| row.seq.to_string());
    let mut tasks: Vec<TaskSummary> = page.into_iter().map(|row| shown(&call, row, false)).collect();
    // The store knows no `timed_out`: that is a failed task whose reason is the time limit.
    tasks.retain(|task| wanted.is_empty() || wanted.contains(&task.status));
    Ok(TasksListOutput { tasks, next_cursor })
}

fn states(status: TaskStatus) -> &'static [&'static str] {
    match status {
        TaskStatus::Queued => &["pending", "planning", "waiting"],
        TaskStatus::Running => &["running"],
        TaskStatus::Completed => &["completed"],
        TaskStatus::Failed | TaskStatus::TimedOut => &["failed"],
        TaskStatus::Cancelled => &["cancelled"],
    }
}

const DEFAULT_LIMIT: u32 = 100;
