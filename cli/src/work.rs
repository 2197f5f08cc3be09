//! What the commands about work share: which task is meant, where it goes, how its output is shown.

pub(crate) mod ask;
pub(crate) mod follow;
pub(crate) mod show;

use nodes::client::Client;
use schemas::methods::tasks::{TaskStatus, TaskSummary, TasksGet, TasksGetParams};

use crate::exit::{Exit, Failure, Outcome};

/// Finds a task by its id or the first characters of it.
pub(crate) async fn find(client: &Client, id: &str) -> Result<TaskSummary, Failure> {
    let params = TasksGetParams { task_id: id.to_owned() };
    Ok(client.call::<TasksGet>(&params).await?.task)
}

/// Says whether a task has ended.
pub(crate) fn has_ended(status: TaskStatus) -> bool {
    !matches!(status, TaskStatus::Queued | TaskStatus::Running)
}

/// Ends a command as its task ended (exit codes as `--help` tells them).
pub(crate) fn as_it_ended(task: &TaskSummary) -> Outcome {
    let why = |text: &str| task.error.clone().unwrap_or_else(|| text.to_owned());
    match task.status {
        TaskStatus::Completed => Ok(()),
        TaskStatus::TimedOut => Err(Failure::new(Exit::Timeout, why("the task used up its time limit"))
            .hint("give it more with --time-limit")),
        TaskStatus::Cancelled => Err(Failure::failed("the task was cancelled")),
        TaskStatus::Failed => {
            let failure = Failure::failed(why("the task failed"));
            Err(match task.dead_lettered {
                Some(true) => {
                    failure.hint(format!("try it anew: landline task retry {}", short_id(&task.id)))
                }
                _ => failure,
            })
        }
        TaskStatus::Queued | TaskStatus::Running => Err(Failure::failed("the task has not ended yet")),
    }
}

/// Returns what people type of an id: all of a task that came in the same quarter of an hour begins alike, so its end
/// is shown where there is room for few characters only.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}

/// Characters of an id in tables: the whole time of a UUID of version 7 and some of its chance.
const SHORT_ID: usize = 18;
