//! `tasks.get`: one task with what was asked and answered.

use schemas::error::WireError;
use schemas::methods::tasks::{TasksGetOutput, TasksGetParams};

use super::find::{find, not_found};
use crate::methods::Call;

/// Returns one task.
pub async fn get(call: Call, params: TasksGetParams) -> Result<TasksGetOutput, WireError> {
    let task = find(&call, &params.task_id).await?.ok_or_else(not_found)?;
    Ok(TasksGetOutput { task })
}
