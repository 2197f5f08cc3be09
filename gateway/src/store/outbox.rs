//! What is to be done on chat platforms: stored before the first attempt, in order within a conversation.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;
use super::accounts::AccountName;

/// Something to do.
#[derive(Clone, Debug)]
pub struct NewOutbox {
    /// The conversation.
    pub lane: String,
    /// Names the cause: the same key is stored once.
    pub key: String,
    /// The inbound row that it answers.
    pub cause: Option<i64>,
    /// Who has it done.
    pub actor: String,
    /// The whole of it as JSON.
    pub body: String,
    /// What to do when the platform refuses the one in `body` for good, or what follows it, as JSON.
    pub instead: Option<String>,
    /// Whether doing it twice is the same as doing it once.
    pub repeatable: bool,
}

/// What a row does next.
#[derive(Clone, Debug)]
pub struct NextPart {
    /// The row.
    pub seq: i64,
    /// The whole of it as JSON.
    pub body: String,
    /// What else belongs to it then.
    pub instead: Option<String>,
    /// Whether doing it twice is the same as doing it once.
    pub repeatable: bool,
}

/// A stored row.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its number.
    pub seq: i64,
    /// Whose it is.
    pub org: String,
    /// The account.
    pub of: AccountName,
    /// The conversation.
    pub lane: String,
    /// Names the cause.
    pub key: String,
    /// The inbound row that it answers.
    pub cause: Option<i64>,
    /// Who has it done.
    pub actor: String,
    /// The whole of it as JSON.
    pub body: String,
    /// What to do when the platform refuses it, or what follows it.
    pub instead: Option<String>,
    /// Whether doing it twice is the same as doing it once.
    pub repeatable: bool,
    /// `queued`, `started`, `sent`, `failed`, `unknown`, `resent` or `withdrawn`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Not before this time.
    pub next_at: Millis,
    /// The message that came of it.
    pub platform_id: Option<String>,
    /// What the platform said, as JSON.
    pub receipt: Option<String>,
    /// Why it failed, or why nobody knows.
    pub error: Option<String>,
    /// When it was stored.
    pub stored_at: Millis,
    /// When the first attempt began that may have been done.
    pub started_at: Option<Millis>,
    /// Whether it waits for the platform as such.
    pub away: bool,
}

/// Why and until when a row waits.
#[derive(Clone, Debug)]
pub struct Deferral {
    /// Not before this time.
    pub next_at: Millis,
    /// What went wrong.
    pub error: Option<String>,
    /// Whether it waits for the platform as such.
    pub away: bool,
    /// When the first attempt began that may have been done.
    pub started_at: Option<Millis>,
}

/// How many rows of an account are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Waiting or being sent.
    pub open: u64,
    /// May have arrived or not.
    pub unknown: u64,
    /// Given up.
    pub failed: u64,
}

/// Stores a row unless its key is known; returns its number, and whether it is new.
pub fn push(
    db: &Connection,
    org: &str,
    of: &AccountName,
    new: &NewOutbox,
    now: Millis,
) -> Result<(i64, bool), StoreError> {
    let made = db
        .prepare_cached(
            "INSERT INTO outbox (org, channel, account, lane, key, cause, actor, body, instead, repeatable, state,
             next_at, stored_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'queued', ?11, ?11, ?11)
             ON CONFLICT (key) DO NOTHING",
        )?
        .execute(params![
            org,
            of.channel,
            of.account,
            new.lane,
            new.key,
            new.cause,
            new.actor,
            new.body,
            new.instead,
            new.repeatable,
            now
        ])?;
    if made == 1 {
        return Ok((db.last_insert_rowid(), true));
    }
    let sql = "SELECT seq FROM outbox WHERE key = ?1";
    Ok((db.prepare_cached(sql)?.query_row([&new.key], |row| row.get(0))?, false))
}

/// Returns the row of a conversation whose turn it is.
pub fn head(db: &Connection, of: &AccountName, lane: &str) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND state IN ('queued', 'started')
         ORDER BY seq LIMIT 1"
    );
    let given = params![of.channel, of.account, lane];
    Ok(db.prepare_cached(&sql)?.query_row(given, read).optional()?)
}

/// Returns conversations of an account with a row whose time has come, longest waiting first.
pub fn due_lanes(
    db: &Connection,
    of: &AccountName,
    now: Millis,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT lane FROM outbox WHERE channel = ?1 AND account = ?2 AND state = 'queued' AND next_at <= ?3
         GROUP BY lane ORDER BY min(next_at) LIMIT ?4",
    )?;
    let rows = statement.query_map(params![of.channel, of.account, now, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns when the next waiting row of an account is due.
pub fn next_due(db: &Connection, of: &AccountName) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT min(next_at) FROM outbox WHERE channel = ?1 AND account = ?2 AND state = 'queued'";
    Ok(db.prepare_cached(sql)?.query_row(params![of.channel, of.account], |row| row.get(0))?)
}

/// Marks that an attempt begins. Commit this before the attempt.
pub fn start(db: &Connection, seq: i64, now: Millis) -> Result<(), StoreError> {
    let started = db
        .prepare_cached(
            "UPDATE outbox SET state = 'started', attempts = attempts + 1, updated_at = ?2,
             started_at = coalesce(started_at, ?2) WHERE seq = ?1 AND state = 'queued'",
        )?
        .execute(params![seq, now])?;
    if started == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Notes what came of a row.
pub fn sent(
    db: &Connection,
    seq: i64,
    platform_id: Option<&str>,
    receipt: &str,
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE outbox SET state = 'sent', platform_id = ?2, receipt = ?3, error = NULL, updated_at = ?4
         WHERE seq = ?1",
    )?
    .execute(params![seq, platform_id, receipt, now])?;
    Ok(())
}

/// Ends a row as `failed` or `unknown`.
pub fn close(db: &Connection, seq: i64, state: &str, error: &str, now: Millis) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET state = ?2, error = ?3, updated_at = ?4 WHERE seq = ?1")?
        .execute(params![seq, state, error, now])?;
    Ok(())
}

/// Puts a row back: it and what follows it in its conversation wait.
pub fn defer(db: &Connection, row: &OutboxRow, wait: &Deferral, now: Millis) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE outbox SET state = 'queued', error = coalesce(?2, error), updated_at = ?3, started_at = ?4
         WHERE seq = ?1",
    )?
    .execute(params![row.seq, wait.error, now, wait.started_at])?;
    db.prepare_cached(
        "UPDATE outbox SET next_at = ?4, away = ?5
         WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND state = 'queued' AND next_at < ?4",
    )?
    .execute(params![row.of.channel, row.of.account, row.lane, wait.next_at, wait.away])?;
    Ok(())
}

/// Takes back a row that was not begun; false if it was.
pub fn withdraw(db: &Connection, seq: i64, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET state = 'withdrawn', updated_at = ?2 WHERE seq = ?1 AND state = 'queued'";
    Ok(db.prepare_cached(sql)?.execute(params![seq, now])? == 1)
}

/// Has a row do something else in its place: what stands for it, or what follows it.
pub fn go_on(db: &Connection, next: &NextPart, now: Millis) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE outbox SET state = 'queued', body = ?2, instead = ?3, repeatable = ?4, attempts = 0,
         started_at = NULL, next_at = ?5, updated_at = ?5 WHERE seq = ?1",
    )?
    .execute(params![next.seq, next.body, next.instead, next.repeatable, now])?;
    Ok(())
}

/// Lets what waits for a platform that is back have its turn at once.
pub fn hurry(db: &Connection, of: &AccountName, now: Millis) -> Result<usize, StoreError> {
    let sql = "UPDATE outbox SET next_at = ?3, away = 0 WHERE channel = ?1 AND account = ?2
               AND state = 'queued' AND away = 1";
    Ok(db.prepare_cached(sql)?.execute(params![of.channel, of.account, now])?)
}

/// Returns an account's rows whose attempt was under way.
pub fn started(db: &Connection, of: &AccountName) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} WHERE channel = ?1 AND account = ?2 AND state = 'started' ORDER BY seq");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![of.channel, of.account], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a row of unknown fate was sent anew; false if it is not of unknown fate or was resent before.
pub fn resent(db: &Connection, seq: i64, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET state = 'resent', updated_at = ?2 WHERE seq = ?1
               AND state IN ('unknown', 'failed')";
    Ok(db.prepare_cached(sql)?.execute(params![seq, now])? == 1)
}

/// Returns one row.
pub fn get(db: &Connection, seq: i64) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} WHERE seq = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([seq], read).optional()?)
}

/// Returns the row of a cause.
pub fn by_key(db: &Connection, key: &str) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} WHERE key = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([key], read).optional()?)
}

/// Returns an organisation's rows in one of `states`, latest first, at most `limit`.
pub fn list(
    db: &Connection,
    org: &str,
    states: &[&str],
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<OutboxRow>, StoreError> {
    let states = serde_json::to_string(states).unwrap_or_default();
    let sql = format!(
        "{SELECT} WHERE org = ?1 AND state IN (SELECT value FROM json_each(?2)) AND (?3 IS NULL OR seq < ?3)
         ORDER BY seq DESC LIMIT ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![org, states, before, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives a row up that is not under way; false if there is none of this number.
pub fn give_up(db: &Connection, org: &str, seq: i64, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET state = 'withdrawn', updated_at = ?3
               WHERE org = ?1 AND seq = ?2 AND state IN ('queued', 'unknown', 'failed')";
    Ok(db.prepare_cached(sql)?.execute(params![org, seq, now])? == 1)
}

/// Counts an account's rows that are not simply sent.
pub fn counts(db: &Connection, of: &AccountName) -> Result<OutboxCounts, StoreError> {
    let sql = "SELECT
        (SELECT count(*) FROM outbox WHERE channel = ?1 AND account = ?2 AND state IN ('queued', 'started')),
        (SELECT count(*) FROM outbox WHERE channel = ?1 AND account = ?2 AND state IN ('unknown', 'failed')
         AND state = 'unknown'),
        (SELECT count(*) FROM outbox WHERE channel = ?1 AND account = ?2 AND state IN ('unknown', 'failed')
         AND state = 'failed')";
    let count = |row: &Row<'_>, at| row.get::<_, i64>(at).map(i64::unsigned_abs);
    Ok(db.prepare_cached(sql)?.query_row(params![of.channel, of.account], |row| {
        Ok(OutboxCounts { open: count(row, 0)?, unknown: count(row, 1)?, failed: count(row, 2)? })
    })?)
}

/// Forgets rows that are done with from before `before`.
pub fn forget(db: &Connection, before: Millis, limit: u32) -> Result<usize, StoreError> {
    let sql = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE stored_at < ?1
               AND state NOT IN ('queued', 'started') ORDER BY seq LIMIT ?2)";
    Ok(db.execute(sql, params![before, limit])?)
}

const SELECT: &str =
    "SELECT seq, org, channel, account, lane, key, cause, actor, body, instead, repeatable, state,
    attempts, next_at, platform_id, receipt, error, stored_at, started_at, away FROM outbox";

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        seq: row.get(0)?,
        org: row.get(1)?,
        of: AccountName { channel: row.get(2)?, account: row.get(3)? },
        lane: row.get(4)?,
        key: row.get(5)?,
        cause: row.get(6)?,
        actor: row.get(7)?,
        body: row.get(8)?,
        instead: row.get(9)?,
        repeatable: row.get(10)?,
        state: row.get(11)?,
        attempts: row.get(12)?,
        next_at: row.get(13)?,
        platform_id: row.get(14)?,
        receipt: row.get(15)?,
        error: row.get(16)?,
        stored_at: row.get(17)?,
        started_at: row.get(18)?,
        away: row.get(19)?,
    })
}
