//! What lists of dispatched work are filtered by: a row beside the task's own.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::StoreError;

/// A dispatched task, as it can be found.
#[derive(Clone, Debug)]
pub struct NewWork {
    /// The task.
    pub task: i64,
    /// Whose it is.
    pub org: String,
    /// Who is to perform it, as it was written.
    pub target: String,
    /// The group that it counts in.
    pub group: Option<String>,
    /// The task that it is a part of.
    pub parent: Option<Uuid>,
}

/// Stores how a dispatched task can be found.
pub fn insert(db: &Connection, work: &NewWork) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO work (task, org, target, team, parent) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            work.task,
            work.org,
            work.target,
            work.group,
            work.parent.map(|id| id.as_bytes().to_vec())
        ])?;
    Ok(())
}

/// Notes that a task was given up after its retries.
pub fn bury(db: &Connection, task: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE work SET dead = 1 WHERE task = ?1")?.execute(params![task])?;
    Ok(())
}
