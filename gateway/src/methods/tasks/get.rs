//! `tasks.get`: one task with what was asked and answered.

use schemas::error::WireError;
use schemas::methods::tasks::{TaskSummary, TasksGetOutput, TasksGetParams};

use crate::methods::Call;
use crate::store::tasks as rows;
use crate::tasks::{seq_of, summary_of};

/// Returns one task.
pub async fn get(call: Call, params: TasksGetParams) -> Result<TasksGetOutput, WireError> {
    let found = find(&call, &params.task_id).await?;
    let task = found.ok_or_else(|| WireError::invalid("task not found; tasks.list names those there are"))?;
    Ok(TasksGetOutput { task })
}

/// Finds a task of the caller's organisation by its id.
pub(super) async fn find(call: &Call, id: &str) -> Result<Option<TaskSummary>, WireError> {
    let Some((id, seq)) = seq_of(id) else { return Ok(None) };
    let org = call.who().org.clone();
    let row = call.services.store.read(move |db| rows::get(db, &org, seq)).await?;
    Ok(row.filter(|row| row.id == id).map(|row| summary_of(row, true)))
}
