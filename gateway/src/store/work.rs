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

/// Returns the parts of a task that have not ended.
pub fn open_children(db: &Connection, parent: Uuid) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT w.task FROM work w JOIN tasks k ON k.seq = w.task
               WHERE w.parent = ?1 AND k.ended_at IS NULL ORDER BY w.task";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![parent.as_bytes().as_slice()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns how many tasks of a group have completed, and those that have not ended.
pub fn group(db: &Connection, org: &str, group: &str) -> Result<(u64, Vec<i64>), StoreError> {
    let sql = "SELECT k.seq, k.state, k.ended_at FROM work w JOIN tasks k ON k.seq = w.task
               WHERE w.org = ?1 AND w.team = ?2 ORDER BY k.seq";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![org, group])?;
    let (mut completed, mut open) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let (seq, state, ended): (i64, String, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if state == "completed" {
            completed += 1;
        } else if ended.is_none() {
            open.push(seq);
        }
    }
    Ok((completed, open))
}
