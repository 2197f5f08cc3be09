//! `tasks.retry`: makes a new task of what an ended one was asked.

use schemas::error::WireError;
use schemas::methods::tasks::{TasksDispatchOutput, TasksRetryParams};
use schemas::session::SessionKey;

use super::dispatch::accept;
use super::find;
use crate::methods::Call;
use crate::tasks::{Asker, Kind, Request, Submission};

/// Dispatches the stored request again, under a new id.
pub async fn retry(call: Call, params: TasksRetryParams) -> Result<TasksDispatchOutput, WireError> {
    let row = find::known(&call, &params.task_id).await?;
    if row.ended_at.is_none() {
        return Err(WireError::invalid("/taskId: it has not ended; stop it first, or send to it"));
    }
    let stored: Request =
        serde_json::from_str(&row.request).map_err(|error| crate::methods::internal(&error))?;
    let Some(mut work) = stored.work.clone() else {
        return Err(WireError::invalid("/taskId: it was not dispatched; send its message again instead"));
    };
    work.retry_of = Some(row.id);
    // What it waited for has come or is over, and its hour is past.
    (work.not_before, work.expires_at) = (None, None);
    work.after.clear();
    let key = if work.own_session { format!("agent:{}:task", row.agent) } else { row.session_key };
    let key = SessionKey::parse(&key, None).map_err(|why| WireError::invalid(why.to_string()))?;
    let who = call.who();
    let asker = Asker { device: who.device.as_deref().map(str::to_owned), scopes: who.scopes.names() };
    let submission = Submission {
        org: who.org.clone(),
        actor: who.actor.clone(),
        run_id: params.idempotency_key,
        kind: Kind::Work,
        key,
        session_id: None,
        label: None,
        request: Request { work: Some(work), asker, ..stored },
        uploads: Vec::new(),
    };
    accept(&call, submission).await
}
