//! `tasks.send`: tells the agent of a task something more.

use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::tasks::{TasksSendOutput, TasksSendParams};
use schemas::session::SessionKey;
use schemas::task::QueueMode;

use super::find;
use crate::methods::Call;
use crate::methods::chat::submission;
use crate::tasks::{Kind, Request};

/// Stores the message in the task's conversation; a live run takes it, or it has a run of its own afterwards.
pub async fn send(call: Call, params: TasksSendParams) -> Result<TasksSendOutput, WireError> {
    let row = find::known(&call, &params.task_id).await?;
    let key = SessionKey::parse(&row.session_key, None).map_err(|why| WireError::invalid(why.to_string()))?;
    let stored: Option<Request> = serde_json::from_str(&row.request).ok();
    let kind =
        if stored.as_ref().is_some_and(|request| request.work.is_some()) { Kind::Work } else { Kind::Chat };
    let mut submission = submission(&call, key, params.message, params.idempotency_key, kind, &[])?;
    submission.request.mode = QueueMode::Steer;
    submission.request.command = false;
    // The next message goes where the first one went, on its conditions, but waits for nothing.
    submission.request.work = stored.and_then(|request| request.work).map(|mut work| {
        work.own_session = false;
        work.after.clear();
        (work.not_before, work.expires_at, work.group, work.title) = (None, None, None, None);
        work
    });
    let engine = &call.services.engine;
    let ticket = engine.submit(submission).await?;
    let settled = engine.joined(&call.who().org, &ticket);
    let taken = tokio::time::timeout(PATIENCE, settled).await.unwrap_or(Ok(false))?;
    let task_id = engine.id_of(&call.who().org, ticket.seq).await?.ok_or_else(find::not_found)?;
    Ok(TasksSendOutput { taken, task_id: task_id.to_string() })
}

/// How long a live run may take to say whether it takes the message.
const PATIENCE: Duration = Duration::from_secs(15);
