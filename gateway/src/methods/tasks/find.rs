//! Which task a caller means: by its whole id, or by the beginning of it.

use schemas::error::{DetailCode, WireError};
use schemas::methods::tasks::TaskSummary;
use serde_json::json;
use uuid::Uuid;

use crate::methods::Call;
use crate::store::tasks::TaskRow;
use crate::store::{StoreError, task_ids, tasks as rows};
use crate::tasks::{seq_of, summary_of};

/// Finds a task of the caller's organisation; `None` if there is none of that id.
pub(super) async fn row(call: &Call, id: &str) -> Result<Option<TaskRow>, WireError> {
    let Some((id, seq)) = whole(call, id).await? else { return Ok(None) };
    let org = call.who().org.clone();
    let row = call.services.store.read(move |db| rows::get(db, &org, seq)).await?;
    Ok(row.filter(|row| row.id == id))
}

/// Like [`row`], for methods that cannot do without one.
pub(super) async fn known(call: &Call, id: &str) -> Result<TaskRow, WireError> {
    row(call, id).await?.ok_or_else(not_found)
}

/// Finds a task and returns it with what was asked and answered.
pub(super) async fn find(call: &Call, id: &str) -> Result<Option<TaskSummary>, WireError> {
    let Some(row) = row(call, id).await? else { return Ok(None) };
    Ok(Some(shown(call, row, true)))
}

/// Returns a stored task as it is shown, with what only the engine knows of it.
pub(super) fn shown(call: &Call, row: TaskRow, whole: bool) -> TaskSummary {
    let seq = row.seq;
    let mut summary = summary_of(row, whole);
    if summary.ended_at.is_none() {
        summary.progress = call.services.engine.percent(seq);
    }
    summary
}

/// Returns the whole id and the number of the task that `id` means.
async fn whole(call: &Call, id: &str) -> Result<Option<(Uuid, i64)>, WireError> {
    if let Some(known) = seq_of(id) {
        return Ok(Some(known));
    }
    let prefix: String = id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    if prefix.len() < SHORTEST || prefix.len() > 32 || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let org = call.who().org.clone();
    let read = move |db: &crate::store::Db| -> Result<Vec<Uuid>, StoreError> {
        task_ids::by_prefix(db, &org, &prefix, CANDIDATES)
    };
    let found = call.services.store.read(read).await?;
    match &*found {
        [] => Ok(None),
        [one] => Ok(seq_of(&one.to_string())),
        several => {
            let text = "/taskId is the beginning of several ids; give more of it";
            let candidates: Vec<String> = several.iter().map(Uuid::to_string).collect();
            let details = json!({ "code": DetailCode::TaskIdAmbiguous, "candidates": candidates });
            Err(WireError::invalid(text).details(details))
        }
    }
}

/// Returns the refusal for a task that is not there, or not for this caller to see.
pub(super) fn not_found() -> WireError {
    WireError::invalid("task not found; tasks.list names those there are")
}

/// Characters of an id that are enough to look for it.
const SHORTEST: usize = 6;
/// Ids that are named when several begin alike.
const CANDIDATES: usize = 8;
