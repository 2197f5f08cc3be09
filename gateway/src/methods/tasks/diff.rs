//! `tasks.diff`: what a task changed in its work tree.

use schemas::error::{DetailCode, WireError};
use schemas::methods::tasks::{TasksDiffOutput, TasksDiffParams};

use super::find;
use crate::methods::Call;
use crate::store::artifacts;

/// Returns the patch or the branch that a task left.
pub async fn diff(call: Call, params: TasksDiffParams) -> Result<TasksDiffOutput, WireError> {
    let row = find::known(&call, &params.task_id).await?;
    let left = call.services.store.read(move |db| artifacts::get(db, row.seq)).await?;
    let Some(left) = left else {
        let text =
            "the task left no changes; only work with `isolation` worktree or tmpdir does, once it has ended";
        return Err(WireError::not_found(text).detail(DetailCode::TaskLeftNothing));
    };
    Ok(TasksDiffOutput { kind: left.kind, name: left.name, text: left.text, truncated: left.truncated })
}
