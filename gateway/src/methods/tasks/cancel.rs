//! `tasks.cancel`: stops a task.

use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::tasks::{TasksCancelOutput, TasksCancelParams};

use super::find::find;
use crate::methods::Call;
use crate::tasks::{Stopped, seq_of};

/// Stops a task and waits a little for its run to end.
pub async fn cancel(call: Call, params: TasksCancelParams) -> Result<TasksCancelOutput, WireError> {
    let Some(before) = find(&call, &params.task_id).await? else { return Ok(absent()) };
    let (id, seq) = (before.id.clone(), seq_of(&before.id).map_or(0, |(_, seq)| seq));
    let (who, engine) = (call.who(), &call.services.engine);
    let reason = params.reason.as_deref().unwrap_or("rpc");
    let stopped = engine.cancel(&who.org, seq, &who.actor, reason).await?;
    if stopped != Stopped::TooLate(None) {
        // The run ends its processes first; a slow one is still stopped, only later.
        drop(tokio::time::timeout(PATIENCE, engine.settled(seq)).await);
    }
    let task = find(&call, &id).await?.unwrap_or(before);
    let reason = match stopped {
        Stopped::Yes => None,
        Stopped::Already => Some("somebody else stopped it".to_owned()),
        Stopped::TooLate(_) => Some("it had ended".to_owned()),
    };
    Ok(TasksCancelOutput { found: true, cancelled: stopped == Stopped::Yes, reason, task: Some(task) })
}

fn absent() -> TasksCancelOutput {
    TasksCancelOutput { found: false, cancelled: false, reason: Some("no such task".into()), task: None }
}

const PATIENCE: Duration = Duration::from_secs(10);
