//! The output log: what dispatched work said and did, in batches, read by cursor.

use rusqlite::{Connection, OptionalExtension as _, params};
use schemas::clock::Millis;

use super::StoreError;

/// Some steps of one run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The number of the first of them within the task.
    pub seq: u64,
    /// The run.
    pub fence: i64,
    /// The number of the first of them within the run.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// How many steps of the run they stand for: more than `count` where a marker takes the place of what is not kept.
    pub span: u64,
    /// Bytes of the task's output up to the end of the batch.
    pub total: u64,
    /// When it was stored.
    pub at: Millis,
    /// One JSON document a line.
    pub steps: String,
}

/// Appends a batch; the marker of what is not kept takes the place of the former one.
pub fn append(db: &Connection, task: i64, batch: &Batch) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO task_output (no, fence, first, count, span, total, at, steps)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        key(task, batch.seq),
        batch.fence,
        signed(batch.first),
        signed(batch.count),
        signed(batch.span),
        signed(batch.total),
        batch.at,
        batch.steps
    ])?;
    Ok(())
}

/// Returns batches of a task from the one that holds step `from` on, until they hold `steps` steps or `bytes` bytes.
pub fn read(
    db: &Connection,
    task: i64,
    from: u64,
    steps: u64,
    bytes: usize,
) -> Result<Vec<Batch>, StoreError> {
    let first = "SELECT no FROM task_output WHERE no BETWEEN ?1 AND ?2 ORDER BY no DESC LIMIT 1";
    let (least, wanted) = (key(task, 0), key(task, from));
    let held = db.prepare_cached(first)?.query_row(params![least, wanted], |row| row.get(0)).optional()?;
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE no >= ?1 AND no < ?2 ORDER BY no"))?;
    let mut rows = statement.query(params![held.unwrap_or(wanted), key(task + 1, 0)])?;
    let (mut found, mut many, mut large): (Vec<Batch>, u64, usize) = (Vec::new(), 0, 0);
    while many < steps && large < bytes {
        let Some(row) = rows.next()? else { break };
        let batch = batch(row)?;
        let end = batch.seq + batch.count;
        if end > from {
            many += end - batch.seq.max(from);
            large += batch.steps.len();
            found.push(batch);
        }
    }
    Ok(found)
}

/// Returns the last batch of a task.
pub fn last(db: &Connection, task: i64) -> Result<Option<Batch>, StoreError> {
    let sql = format!("{SELECT} WHERE no >= ?1 AND no < ?2 ORDER BY no DESC LIMIT 1");
    let given = params![key(task, 0), key(task + 1, 0)];
    Ok(db.prepare_cached(&sql)?.query_row(given, batch).optional()?)
}

/// Returns the steps of one run, oldest first, as JSON documents: at most `bytes` of them, the newest.
pub fn of_run(db: &Connection, task: i64, fence: i64, bytes: usize) -> Result<Vec<Batch>, StoreError> {
    let sql = format!("{SELECT} WHERE no >= ?1 AND no < ?2 ORDER BY no DESC");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![key(task, 0), key(task + 1, 0)])?;
    let (mut found, mut large) = (Vec::new(), 0);
    while large < bytes {
        let Some(row) = rows.next()? else { break };
        let batch = batch(row)?;
        if batch.fence != fence {
            break;
        }
        large += batch.steps.len();
        found.push(batch);
    }
    found.reverse();
    Ok(found)
}

/// Removes the output of tasks before `task`, at most `rows` batches; returns how many there were.
pub fn forget_before(db: &Connection, task: i64, rows: u32) -> Result<usize, StoreError> {
    let sql = "DELETE FROM task_output WHERE no IN
               (SELECT no FROM task_output WHERE no < ?1 ORDER BY no LIMIT ?2)";
    Ok(db.prepare_cached(sql)?.execute(params![key(task, 0), rows])?)
}

fn batch(row: &rusqlite::Row<'_>) -> rusqlite::Result<Batch> {
    let no: i64 = row.get(0)?;
    Ok(Batch {
        seq: (no & ((1 << STEP_BITS) - 1)).unsigned_abs(),
        fence: row.get(1)?,
        first: row.get::<_, i64>(2)?.unsigned_abs(),
        count: row.get::<_, i64>(3)?.unsigned_abs(),
        span: row.get::<_, i64>(4)?.unsigned_abs(),
        total: row.get::<_, i64>(5)?.unsigned_abs(),
        at: row.get(6)?,
        steps: row.get(7)?,
    })
}

/// Returns the key of a step. A task's steps are fewer than its cap in bytes, so their numbers fit.
fn key(task: i64, seq: u64) -> i64 {
    (task << STEP_BITS) | signed(seq.min((1 << STEP_BITS) - 1))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const SELECT: &str = "SELECT no, fence, first, count, span, total, at, steps FROM task_output";
/// Bits of a key for the step; the task has the others.
const STEP_BITS: u32 = 24;
