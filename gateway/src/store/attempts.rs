//! Attempts at a task: the present one is part of the task's row, those that did not end it have rows of their own.

use std::borrow::Cow;

use rusqlite::{Connection, params};
use schemas::clock::Millis;
use schemas::task::TaskState;
use uuid::Uuid;

use super::StoreError;
use super::tasks::{GATEWAY, audit};

/// A run that starts.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number: 1 for a task's first. Only the present one may end the task.
    pub fence: i64,
    /// How it gets to its executor.
    pub transport: Cow<'static, str>,
    /// The agent's memory of the conversation.
    pub conversation: Uuid,
    /// When it starts.
    pub at: Millis,
    /// When it counts as lost.
    pub lease_until: Millis,
}

/// Takes a task that waits to running with a new run, if nobody changed it meanwhile; returns the new version.
pub fn start(
    db: &Connection,
    seq: i64,
    version: i64,
    from: TaskState,
    run: &Attempt,
) -> Result<i64, StoreError> {
    let planned = from == TaskState::Pending;
    let before = if planned { TaskState::Planning } else { from };
    if !before.may_become(TaskState::Running) {
        return Err(StoreError::Conflict);
    }
    let new = version + if planned { 2 } else { 1 };
    let started = db
        .prepare_cached(
            "UPDATE tasks SET state = 'running', version = ?4, updated_at = ?5, wait_reason = NULL, wait_until = NULL,
             started_at = coalesce(started_at, ?5), fence = ?6, transport = ?7, lease_until = ?8,
             conversation = ?9, attempt_at = ?5
             WHERE seq = ?1 AND version = ?2 AND state = ?3 AND fence < ?6",
        )?
        .execute(params![
            seq,
            version,
            <&str>::from(from),
            new,
            run.at,
            run.fence,
            run.transport,
            run.lease_until,
            run.conversation.to_string()
        ])?;
    if started != 1 {
        return Err(StoreError::Conflict);
    }
    if planned {
        audit(db, seq, run.at, GATEWAY, Some(from), Some(before), ITS_TURN)?;
    }
    audit(db, seq, run.at, GATEWAY, Some(before), Some(TaskState::Running), &run.transport)?;
    Ok(new)
}

/// Keeps the record of the run `fence`, which ends without ending its task; only the present one may.
pub fn end_run(db: &Connection, seq: i64, fence: i64, reason: &str, at: Millis) -> Result<(), StoreError> {
    let ended = db
        .prepare_cached(
            "INSERT INTO runs (task, fence, transport, lease_until, conversation, started_at, ended_at, end_reason)
             SELECT seq, fence, transport, lease_until, conversation, attempt_at, ?3, ?4 FROM tasks
             WHERE seq = ?1 AND fence = ?2 AND state = 'running'",
        )?
        .execute(params![seq, fence, at, reason])?;
    if ended == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Returns how many runs of a task ended because the gateway did.
pub fn interruptions(db: &Connection, seq: i64) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM runs WHERE task = ?1 AND end_reason = ?2")?
        .query_row(params![seq, INTERRUPTED], |row| row.get(0))?)
}

/// Returns how many runs of a task failed and were followed by another one.
pub fn retries(db: &Connection, seq: i64) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM runs WHERE task = ?1 AND end_reason NOT IN (?2, 'not taken')")?
        .query_row(params![seq, INTERRUPTED], |row| row.get(0))?)
}

/// Why a task is planned.
pub(super) const ITS_TURN: &str = "its turn";
/// Why a run ended that was alive when the gateway stopped.
pub const INTERRUPTED: &str = "interrupted";
