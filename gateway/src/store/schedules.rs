//! Schedules and the history of their runs.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;

/// A stored job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its number.
    pub no: i64,
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// Who added it.
    pub actor: String,
    /// What was asked for, as JSON.
    pub definition: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The next instant that nothing was decided about.
    pub next_at: Option<Millis>,
    /// When it was added.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// When it last began to run.
    pub last_at: Option<Millis>,
    /// How that ended.
    pub last_status: Option<String>,
    /// Why it failed.
    pub last_error: Option<String>,
    /// How long it took.
    pub last_ms: Option<Millis>,
    /// Runs in a row that failed.
    pub errors: i64,
    /// Since when its latest run is alive.
    pub running_at: Option<Millis>,
}

/// What was decided about an instant.
#[derive(Clone, Debug)]
pub struct Firing {
    /// The job.
    pub no: i64,
    /// The instant that it was due at when that was decided; `None`: a person asked, the schedule stays.
    pub expected: Option<Millis>,
    /// When it is due next.
    pub next_at: Option<Millis>,
    /// The instant that the run is for.
    pub instant: Millis,
    /// The run.
    pub run_id: String,
    /// Its conversation.
    pub session_key: String,
    /// When.
    pub at: Millis,
}

/// A run that has ended, in the history.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// The job's id.
    pub job: String,
    /// The job's definition, as JSON.
    pub definition: String,
    /// The instant that it was for.
    pub instant: Millis,
    /// The run.
    pub run_id: String,
    /// Its conversation.
    pub session_key: String,
    /// When it ended.
    pub ended_at: Millis,
    /// How long it took.
    pub took: Option<Millis>,
    /// How it ended.
    pub status: String,
    /// Why it failed or was left out.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub summary: Option<String>,
}

/// A run whose task has ended and that is not settled.
#[derive(Clone, Debug)]
pub struct OpenRun {
    /// Its number.
    pub seq: i64,
    /// The job's number.
    pub schedule: i64,
    /// The instant that it was for.
    pub instant: Millis,
    /// The task's end, as JSON.
    pub outcome: Option<String>,
    /// The task's state.
    pub state: String,
    /// When the task ended.
    pub ended_at: Millis,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// The run's number.
    pub seq: i64,
    /// The job's number.
    pub schedule: i64,
    /// `ok`, `error` or `skipped`.
    pub status: &'static str,
    /// Why it failed.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub summary: Option<String>,
    /// When.
    pub ended_at: Millis,
    /// How long it took.
    pub took: Option<Millis>,
}

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this job.
    pub job: Option<String>,
    /// This run.
    pub run_id: Option<String>,
    /// That ended so.
    pub status: Option<String>,
    /// Oldest first.
    pub oldest_first: bool,
    /// Runs at most.
    pub limit: u32,
    /// Runs to leave out.
    pub offset: u32,
}

/// Stores a new job.
pub fn insert(db: &Connection, row: &ScheduleRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO schedules (id, org, actor, definition, enabled, next_at, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )?
    .execute(params![
        row.id,
        row.org,
        row.actor,
        row.definition,
        row.enabled,
        row.next_at,
        row.created_at
    ])?;
    Ok(())
}

/// Changes a job's definition; `false`: it is gone, or was changed since `seen`.
pub fn update(db: &Connection, row: &ScheduleRow, seen: Millis) -> Result<bool, StoreError> {
    let changed = db
        .prepare_cached(
            "UPDATE schedules SET definition = ?2, enabled = ?3, next_at = ?4, updated_at = ?5
             WHERE no = ?1 AND updated_at = ?6",
        )?
        .execute(params![row.no, row.definition, row.enabled, row.next_at, row.updated_at, seen])?;
    Ok(changed == 1)
}

/// Removes a job with its history.
pub fn remove(db: &Connection, org: &str, id: &str) -> Result<bool, StoreError> {
    db.prepare_cached(
        "DELETE FROM schedule_runs WHERE schedule IN (SELECT no FROM schedules WHERE org = ?1 AND id = ?2)",
    )?
    .execute([org, id])?;
    Ok(db.prepare_cached("DELETE FROM schedules WHERE org = ?1 AND id = ?2")?.execute([org, id])? == 1)
}

/// Returns a job.
pub fn find(db: &Connection, org: &str, id: &str) -> Result<Option<ScheduleRow>, StoreError> {
    let sql = format!("{SELECT} WHERE org = ?1 AND id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row([org, id], read).optional()?)
}

/// Returns a job by its number.
pub fn by_no(db: &Connection, no: i64) -> Result<Option<ScheduleRow>, StoreError> {
    Ok(db.prepare_cached(&format!("{SELECT} WHERE no = ?1"))?.query_row([no], read).optional()?)
}

/// Returns an organisation's jobs.
pub fn list(db: &Connection, org: &str) -> Result<Vec<ScheduleRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE org = ?1 ORDER BY no"))?;
    Ok(statement.query_map([org], read)?.collect::<Result<_, _>>()?)
}

/// Returns jobs that are due, those due longest first.
pub fn due(db: &Connection, now: Millis, limit: u32) -> Result<Vec<ScheduleRow>, StoreError> {
    let sql = format!("{SELECT} WHERE next_at <= ?1 ORDER BY next_at, no LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map(params![now, limit], read)?.collect::<Result<_, _>>()?)
}

/// Returns how many jobs there are and when the next one is due; of all organisations without one.
pub fn outlook(db: &Connection, org: Option<&str>) -> Result<(i64, Option<Millis>), StoreError> {
    let sql = "SELECT count(*), min(next_at) FROM schedules WHERE ?1 IS NULL OR org = ?1";
    Ok(db.prepare_cached(sql)?.query_row([org], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Moves a job past an instant that is left out; `false`: somebody else did.
pub fn leave_out(db: &Connection, firing: &Firing, why: &str) -> Result<bool, StoreError> {
    if !advance(db, firing)? {
        return Ok(false);
    }
    skip(db, firing, &format!("{}:skipped", firing.run_id), why)?;
    Ok(true)
}

/// Writes down that a run was started, in the transaction that stores its task. Fails with a conflict, and has
/// written nothing then, if somebody else has decided about the instant.
pub fn fire(db: &Connection, firing: &Firing, task: i64, left_out: Option<&str>) -> Result<(), StoreError> {
    if firing.expected.is_some() && !advance(db, firing)? {
        return Err(StoreError::Conflict);
    }
    if let (Some(why), Some(since)) = (left_out, firing.expected) {
        let skipped = Firing { instant: since, ..firing.clone() };
        skip(db, &skipped, &format!("{}:skipped", firing.run_id), why)?;
    }
    db.prepare_cached(
        "INSERT INTO schedule_runs (schedule, instant, by_hand, run_id, session_key, task)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        firing.no,
        firing.instant,
        firing.expected.is_none(),
        firing.run_id,
        firing.session_key,
        task
    ])?;
    db.prepare_cached("UPDATE schedules SET last_at = ?2 WHERE no = ?1")?
        .execute(params![firing.no, firing.at])?;
    Ok(())
}

fn advance(db: &Connection, firing: &Firing) -> Result<bool, StoreError> {
    let changed = db
        .prepare_cached("UPDATE schedules SET next_at = ?3, enabled = enabled AND ?3 IS NOT NULL WHERE no = ?1 AND next_at = ?2")?
        .execute(params![firing.no, firing.expected, firing.next_at])?;
    Ok(changed == 1)
}

fn skip(db: &Connection, firing: &Firing, run_id: &str, why: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO schedule_runs (schedule, instant, by_hand, run_id, session_key, ended_at, status, error)
         VALUES (?1, ?2, 0, ?3, ?4, ?5, 'skipped', ?6)",
    )?
    .execute(params![firing.no, firing.instant, run_id, firing.session_key, firing.at, why])?;
    Ok(())
}

/// Returns runs whose tasks have ended and that are not settled.
pub fn unsettled(db: &Connection) -> Result<Vec<OpenRun>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT r.seq, r.schedule, r.instant, t.outcome, t.state, t.ended_at FROM schedule_runs r
         JOIN tasks t ON t.seq = r.task
         WHERE r.status IS NULL AND r.task IS NOT NULL AND t.ended_at IS NOT NULL ORDER BY r.seq",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(OpenRun {
            seq: row.get(0)?,
            schedule: row.get(1)?,
            instant: row.get(2)?,
            outcome: row.get(3)?,
            state: row.get(4)?,
            ended_at: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes down how a run ended; the oldest of the job's history go when there are more than `keep`.
pub fn settle(db: &Connection, end: &RunEnd, keep: u32) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE schedule_runs SET ended_at = ?2, took = ?3, status = ?4, error = ?5, summary = ?6 WHERE seq = ?1",
    )?
    .execute(params![end.seq, end.ended_at, end.took, end.status, end.error, end.summary])?;
    db.prepare_cached(
        "UPDATE schedules SET last_status = ?2, last_error = ?3, last_ms = ?4,
         errors = CASE ?2 WHEN 'error' THEN errors + 1 ELSE 0 END WHERE no = ?1",
    )?
    .execute(params![end.schedule, end.status, end.error, end.took])?;
    db.prepare_cached(
        "DELETE FROM schedule_runs WHERE schedule = ?1 AND status IS NOT NULL AND seq <= (
         SELECT seq FROM schedule_runs WHERE schedule = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![end.schedule, keep])?;
    Ok(())
}

/// Returns runs that have ended, and how many fit.
pub fn runs(db: &Connection, org: &str, filter: &RunFilter) -> Result<(Vec<RunRow>, u32), StoreError> {
    let fits = "FROM schedule_runs r JOIN schedules s ON s.no = r.schedule WHERE s.org = ?1
                AND r.status IS NOT NULL AND (?2 IS NULL OR s.id = ?2) AND (?3 IS NULL OR r.run_id = ?3)
                AND (?4 IS NULL OR r.status = ?4)";
    let given = params![org, filter.job, filter.run_id, filter.status];
    let total = db.prepare_cached(&format!("SELECT count(*) {fits}"))?.query_row(given, |row| row.get(0))?;
    let order = if filter.oldest_first { "ASC" } else { "DESC" };
    let mut statement = db.prepare_cached(&format!(
        "SELECT s.id, s.definition, r.instant, r.run_id, r.session_key, r.ended_at, r.took, r.status, r.error,
         r.summary {fits} ORDER BY r.seq {order} LIMIT ?5 OFFSET ?6"
    ))?;
    let given = params![org, filter.job, filter.run_id, filter.status, filter.limit, filter.offset];
    let rows = statement.query_map(given, |row| {
        Ok(RunRow {
            job: row.get(0)?,
            definition: row.get(1)?,
            instant: row.get(2)?,
            run_id: row.get(3)?,
            session_key: row.get(4)?,
            ended_at: row.get(5)?,
            took: row.get(6)?,
            status: row.get(7)?,
            error: row.get(8)?,
            summary: row.get(9)?,
        })
    })?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

fn read(row: &Row<'_>) -> rusqlite::Result<ScheduleRow> {
    Ok(ScheduleRow {
        no: row.get("no")?,
        id: row.get("id")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        definition: row.get("definition")?,
        enabled: row.get("enabled")?,
        next_at: row.get("next_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        last_at: row.get("last_at")?,
        last_status: row.get("last_status")?,
        last_error: row.get("last_error")?,
        last_ms: row.get("last_ms")?,
        errors: row.get("errors")?,
        running_at: row.get("running_at")?,
    })
}

const SELECT: &str =
    "SELECT s.*, (SELECT max(t.created_at) FROM schedule_runs r JOIN tasks t ON t.seq = r.task
     WHERE r.schedule = s.no AND r.status IS NULL) AS running_at FROM schedules s";
