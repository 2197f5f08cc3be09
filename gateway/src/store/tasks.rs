//! Tasks, their attempts and their audit. Every change of a task's state goes through [`insert`], [`start`] or
//! [`change`], each with its audit rows.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;
use schemas::task::TaskState;
use uuid::Uuid;

use super::StoreError;
use super::attempts::ITS_TURN;

pub use super::remembered::{Remembered, ended, recent};

pub use super::attempts::{Attempt, INTERRUPTED, end_run, interruptions, retries, start};

/// A task to store.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Its number, given by the engine.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub org: String,
    /// Who asked for it.
    pub actor: String,
    /// The run's name on the wire.
    pub run_id: String,
    /// Digest of what was asked.
    pub hash: Vec<u8>,
    /// What started it.
    pub kind: &'static str,
    /// The conversation's number.
    pub session: i64,
    /// The agent.
    pub agent: String,
    /// The whole request as JSON.
    pub request: String,
    /// When.
    pub at: Millis,
    /// The run that starts with it; it waits for its turn without one.
    pub attempt: Option<Attempt>,
    /// The task whose run answers this one as well.
    pub joined_into: Option<i64>,
}

/// A stored task.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// Its number.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub org: String,
    /// Who asked for it.
    pub actor: String,
    /// The run's name on the wire.
    pub run_id: String,
    /// What started it.
    pub kind: String,
    /// The conversation's key.
    pub session_key: String,
    /// The agent.
    pub agent: String,
    /// The whole request as JSON.
    pub request: String,
    /// Its state.
    pub state: TaskState,
    /// Grows with every change.
    pub version: i64,
    /// Why it waits.
    pub wait_reason: Option<String>,
    /// Who asked to stop its live run.
    pub stopping: Option<String>,
    /// The task whose run answers this one as well.
    pub joined_into: Option<i64>,
    /// When it was stored.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// When its first run started.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// How it ended, as JSON.
    pub outcome: Option<String>,
    /// The fence of its latest run; 0: none yet.
    pub fence: i64,
    /// How its latest run got to its executor.
    pub transport: Option<String>,
    /// Until when it waits, if that is known.
    pub wait_until: Option<Millis>,
    /// Whether it was given up after its retries.
    pub dead: bool,
}

/// A change of a task's state.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The task.
    pub seq: i64,
    /// The version that the caller has seen.
    pub version: i64,
    /// The run that the caller speaks for; without one it is not looked at.
    pub fence: Option<i64>,
    /// The state that the caller has seen.
    pub from: TaskState,
    /// The new state.
    pub to: TaskState,
    /// Why.
    pub reason: &'a str,
    /// Who changes it.
    pub actor: &'a str,
    /// When.
    pub at: Millis,
    /// How it ended, as JSON; with a final state.
    pub outcome: Option<&'a str>,
}

/// Stores a new task, waiting or already running, with its audit rows. Returns its version.
pub fn insert(db: &Connection, task: &NewTask) -> Result<i64, StoreError> {
    let run = task.attempt.as_ref();
    let (state, version) = run.map_or((TaskState::Pending, 1), |_| (TaskState::Running, 3));
    db.prepare_cached(
        "INSERT INTO tasks (seq, id, org, actor, run_id, request_hash, kind, session, agent, request, state,
         version, joined_into, fence, transport, lease_until, conversation, attempt_at, started_at, created_at,
         updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?18, ?19, ?19)",
    )?
    .execute(params![
        task.seq,
        task.id.as_bytes().as_slice(),
        task.org,
        task.actor,
        task.run_id,
        task.hash,
        task.kind,
        task.session,
        task.agent,
        task.request,
        <&str>::from(state),
        version,
        task.joined_into,
        run.map_or(0, |run| run.fence),
        run.map(|run| &*run.transport),
        run.map(|run| run.lease_until),
        run.map(|run| run.conversation.to_string()),
        run.map(|run| run.at),
        task.at
    ])?;
    let Some(run) = run else {
        audit(db, task.seq, task.at, &task.actor, None, Some(TaskState::Pending), CREATED)?;
        return Ok(version);
    };
    db.prepare_cached(
        "INSERT INTO task_events (task, at, actor, from_state, to_state, reason) VALUES
         (?1, ?2, ?3, NULL, 'pending', ?6), (?1, ?4, ?5, 'pending', 'planning', ?7),
         (?1, ?4, ?5, 'planning', 'running', ?8)",
    )?
    .execute(params![
        task.seq,
        task.at,
        task.actor,
        run.at,
        GATEWAY,
        CREATED,
        ITS_TURN,
        run.transport
    ])?;
    Ok(version)
}

/// Changes a task's state, if the table of moves allows it and nobody changed the task meanwhile; writes the
/// audit row. Returns the new version.
pub fn change(db: &Connection, change: Change<'_>) -> Result<i64, StoreError> {
    if !change.from.may_become(change.to) {
        return Err(StoreError::Conflict);
    }
    let (from, to): (&str, &str) = (change.from.into(), change.to.into());
    let waits = (change.to == TaskState::Waiting).then_some(change.reason);
    let started = (change.to == TaskState::Running).then_some(change.at);
    let ended = change.to.is_terminal().then_some(change.at);
    let changed = db
        .prepare_cached(
            "UPDATE tasks SET state = ?4, version = version + 1, updated_at = ?5, wait_reason = ?6,
             started_at = coalesce(started_at, ?7), ended_at = ?8, outcome = coalesce(?9, outcome)
             WHERE seq = ?1 AND version = ?2 AND state = ?3 AND (?10 IS NULL OR fence = ?10)",
        )?
        .execute(params![
            change.seq,
            change.version,
            from,
            to,
            change.at,
            waits,
            started,
            ended,
            change.outcome,
            change.fence
        ])?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    audit(db, change.seq, change.at, change.actor, Some(change.from), Some(change.to), change.reason)?;
    Ok(change.version + 1)
}

/// Writes an audit row.
pub fn audit(
    db: &Connection,
    seq: i64,
    at: Millis,
    actor: &str,
    from: Option<TaskState>,
    to: Option<TaskState>,
    reason: &str,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO task_events (task, at, actor, from_state, to_state, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        seq,
        at,
        actor,
        from.map(<&str>::from),
        to.map(<&str>::from),
        reason
    ])?;
    Ok(())
}

/// Notes that somebody asked to stop the live run of a task.
pub fn mark_stopping(
    db: &Connection,
    seq: i64,
    actor: &str,
    reason: &str,
    at: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE tasks SET stopping = ?2 WHERE seq = ?1 AND ended_at IS NULL")?
        .execute(params![seq, actor])?;
    audit(db, seq, at, actor, None, None, reason)
}

/// Notes until when a task waits for another run.
pub fn set_wait(db: &Connection, seq: i64, until: Option<Millis>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE tasks SET wait_until = ?2 WHERE seq = ?1")?.execute(params![seq, until])?;
    Ok(())
}

/// Notes that the run of task `into` answers this one as well; `None` takes that back.
pub fn set_joined(db: &Connection, seq: i64, into: Option<i64>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE tasks SET joined_into = ?2 WHERE seq = ?1")?.execute(params![seq, into])?;
    Ok(())
}

/// Returns the requests that the run of task `into` answers as well, in the order they came.
pub fn joined(db: &Connection, into: i64) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT request FROM tasks WHERE joined_into = ?1 ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![into], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the greatest task number.
pub fn last_seq(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.query_row("SELECT coalesce(max(seq), 0) FROM tasks", [], |row| row.get(0))?)
}

/// Returns the tasks that have not ended, in the order they came.
pub fn open(db: &Connection) -> Result<Vec<TaskRow>, StoreError> {
    let mut statement = db.prepare(&format!("{SELECT} WHERE k.ended_at IS NULL ORDER BY k.seq"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which tasks to list.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Only in these states; all if empty.
    pub states: Vec<&'static str>,
    /// Only of this agent.
    pub agent: Option<String>,
    /// Only of this conversation.
    pub session_key: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only with this target.
    pub target: Option<String>,
    /// Only those whose latest run went this way.
    pub transport: Option<String>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only those that were given up, or only the others.
    pub dead: Option<bool>,
    /// Only older than this one.
    pub before: Option<i64>,
    /// Rows at most.
    pub limit: u32,
}

/// Returns tasks of one organisation, latest first.
pub fn list(db: &Connection, org: &str, filter: &TaskFilter) -> Result<Vec<TaskRow>, StoreError> {
    let states = serde_json::to_string(&filter.states).unwrap_or_default();
    // Each in words of its own, so that the small indexes on dispatched work are used.
    let mut by_work = String::from("AND (?9 IS NULL OR w.target = ?9) AND (?10 IS NULL OR 1)");
    if filter.group.is_some() {
        by_work.push_str(" AND k.seq IN (SELECT task FROM work WHERE org = ?1 AND team = ?10)");
    }
    match filter.dead {
        Some(true) => by_work.push_str(" AND k.seq IN (SELECT task FROM work WHERE org = ?1 AND dead = 1)"),
        Some(false) => by_work.push_str(" AND coalesce(w.dead, 0) = 0"),
        None => {}
    }
    let sql = format!(
        "{SELECT} WHERE k.org = ?1 AND (?2 IS NULL OR k.seq < ?2) AND (?3 IS NULL OR k.agent = ?3)
         AND (?4 IS NULL OR s.key = ?4) AND (?5 = '[]' OR k.state IN (SELECT value FROM json_each(?5)))
         AND (?7 IS NULL OR k.kind = ?7) AND (?8 IS NULL OR k.transport = ?8) {by_work}
         ORDER BY k.seq DESC LIMIT ?6"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let given = params![
        org,
        filter.before,
        filter.agent,
        filter.session_key,
        states,
        filter.limit,
        filter.kind,
        filter.transport,
        filter.target,
        filter.group
    ];
    let rows = statement.query_map(given, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns one task.
pub fn get(db: &Connection, org: &str, seq: i64) -> Result<Option<TaskRow>, StoreError> {
    let sql = format!("{SELECT} WHERE k.seq = ?1 AND k.org = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(params![seq, org], read).optional()?)
}

const SELECT: &str =
    "SELECT k.seq, k.id, k.org, k.actor, k.run_id, k.kind, s.key, k.agent, k.request, k.state,
    k.version, k.wait_reason, k.stopping, k.joined_into, k.created_at, k.updated_at, k.started_at, k.ended_at,
    k.outcome, k.fence, k.transport, k.wait_until, coalesce(w.dead, 0)
    FROM tasks k JOIN sessions s ON s.no = k.session LEFT JOIN work w ON w.task = k.seq";

fn read(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    let (id, state): (Vec<u8>, String) = (row.get(1)?, row.get(9)?);
    Ok(TaskRow {
        seq: row.get(0)?,
        id: Uuid::from_slice(&id).unwrap_or_default(),
        org: row.get(2)?,
        actor: row.get(3)?,
        run_id: row.get(4)?,
        kind: row.get(5)?,
        session_key: row.get(6)?,
        agent: row.get(7)?,
        request: row.get(8)?,
        state: state.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
        version: row.get(10)?,
        wait_reason: row.get(11)?,
        stopping: row.get(12)?,
        joined_into: row.get(13)?,
        created_at: row.get(14)?,
        updated_at: row.get(15)?,
        started_at: row.get(16)?,
        ended_at: row.get(17)?,
        outcome: row.get(18)?,
        fence: row.get(19)?,
        transport: row.get(20)?,
        wait_until: row.get(21)?,
        dead: row.get(22)?,
    })
}

const CREATED: &str = "created";
/// Who acts when nobody asked.
pub const GATEWAY: &str = "gateway";
