//! What the engine must remember of tasks of before: their keys, and how many have ended.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use schemas::clock::Millis;

use super::StoreError;

/// What is remembered of a task for the sake of repeated requests.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The task.
    pub seq: i64,
    /// Whose it is.
    pub org: String,
    /// Who asked.
    pub actor: String,
    /// The key.
    pub run_id: String,
    /// Digest of what was asked.
    pub hash: Vec<u8>,
    /// When.
    pub at: Millis,
}

/// Returns the newest tasks since `since`, oldest first.
pub fn recent(db: &Connection, since: Millis, limit: u32) -> Result<Vec<Remembered>, StoreError> {
    let mut statement = db.prepare(
        "SELECT seq, org, actor, run_id, request_hash, created_at FROM tasks ORDER BY seq DESC LIMIT ?1",
    )?;
    let rows = statement.query_map(params![limit], |row| {
        Ok(Remembered {
            seq: row.get(0)?,
            org: row.get(1)?,
            actor: row.get(2)?,
            run_id: row.get(3)?,
            hash: row.get(4)?,
            at: row.get(5)?,
        })
    })?;
    let mut found: Vec<Remembered> = rows.collect::<Result<_, _>>()?;
    found.retain(|task| task.at >= since);
    found.reverse();
    Ok(found)
}

/// Counts by state the tasks up to `last` that have ended, those in `except` left out. It looks at every row.
pub fn ended(db: &Connection, last: i64, except: &[i64]) -> Result<BTreeMap<String, u64>, StoreError> {
    let except = serde_json::to_string(except).unwrap_or_else(|_| "[]".into());
    let mut statement = db.prepare(
        "SELECT state, count(*) FROM tasks WHERE seq <= ?1 AND ended_at IS NOT NULL
         AND seq NOT IN (SELECT value FROM json_each(?2)) GROUP BY state",
    )?;
    let rows = statement
        .query_map(params![last, except], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
