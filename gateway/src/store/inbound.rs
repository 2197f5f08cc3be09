//! What chat platforms told: stored once, before the platform hears that it was received.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;
use super::accounts::{self, AccountName};

/// Something to store.
#[derive(Clone, Debug)]
pub struct NewInbound {
    /// The conversation.
    pub lane: String,
    /// The platform's id of the happening.
    pub event_id: String,
    /// The message that it is or is about.
    pub message: Option<String>,
    /// Whether it overtakes messages that wait.
    pub express: bool,
    /// Who did it.
    pub sender: String,
    /// When, by the platform's clock.
    pub at: Millis,
    /// The whole of it as JSON.
    pub body: String,
    /// Its first state.
    pub state: &'static str,
    /// What it does to the stored message that it is about.
    pub effect: Effect,
}

/// What a happening does to an earlier message, or a later one to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// It is a message: what was told of it before it came counts.
    Message,
    /// The message has this text now.
    Text(String),
    /// The message is gone.
    Gone,
    /// The conversation goes on under another id.
    Moved {
        /// The id so far.
        from: String,
        /// The id from now on.
        to: String,
    },
}

/// A stored happening.
#[derive(Clone, Debug)]
pub struct InboundRow {
    /// Its number: the order in which things came.
    pub seq: i64,
    /// Whose it is.
    pub org: String,
    /// The conversation.
    pub lane: String,
    /// Who did it.
    pub sender: String,
    /// The whole of it as JSON.
    pub body: String,
    /// Where it stands.
    pub state: String,
    /// The session that it was given to.
    pub session_key: Option<String>,
    /// The task that it became.
    pub task: Option<i64>,
    /// The message that shows the answer while it is written.
    pub draft: Option<String>,
    /// When it was stored.
    pub stored_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// Stores a batch with the cursor; returns the conversations that have something to do, and whether of the
/// express kind.
pub fn store(
    db: &Connection,
    org: &str,
    of: &AccountName,
    batch: &[NewInbound],
    cursor: Option<&str>,
    now: Millis,
) -> Result<Vec<(String, bool)>, StoreError> {
    let mut lanes: Vec<(String, bool)> = Vec::new();
    for new in batch {
        let stored = insert(db, org, of, new, now)?;
        let lane = (new.lane.clone(), new.express);
        if stored && !lanes.contains(&lane) {
            lanes.push(lane);
        }
    }
    if let Some(cursor) = cursor {
        accounts::set_cursor(db, org, of, cursor, now)?;
    }
    Ok(lanes)
}

/// Stores one happening with its effect; returns whether somebody has to look at it.
fn insert(
    db: &Connection,
    org: &str,
    of: &AccountName,
    new: &NewInbound,
    now: Millis,
) -> Result<bool, StoreError> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO inbound (org, channel, account, lane, event_id, message, express, sender, at, body, state,
             stored_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)
             ON CONFLICT (channel, account, event_id) DO NOTHING",
        )?
        .execute(params![
            org,
            of.channel,
            of.account,
            new.lane,
            new.event_id,
            new.message,
            new.express,
            new.sender,
            new.at,
            new.body,
            new.state,
            now
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    match &new.effect {
        Effect::None => {}
        Effect::Message => catch_up(db, of, new, now)?,
        Effect::Text(text) => retext(db, of, new, text, now)?,
        Effect::Gone => remove(db, of, new, now)?,
        Effect::Moved { from, to } => accounts::moved(db, of, from, to)?,
    }
    Ok(new.state == "new")
}

/// Applies what the platform told of a message before the message itself came.
fn catch_up(db: &Connection, of: &AccountName, new: &NewInbound, now: Millis) -> Result<(), StoreError> {
    let told = db
        .prepare_cached(
            "SELECT body ->> '$.event.type', body ->> '$.event.text' FROM inbound
             WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND message = ?4 AND state = 'noted'
             AND body ->> '$.event.type' IN ('edited', 'deleted') ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![of.channel, of.account, new.lane, new.message], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    match told {
        Some((kind, _)) if kind == "deleted" => remove(db, of, new, now),
        Some((_, Some(text))) => retext(db, of, new, &text, now),
        _ => Ok(()),
    }
}

/// Gives a message its new text while nobody has answered it.
fn retext(
    db: &Connection,
    of: &AccountName,
    about: &NewInbound,
    text: &str,
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE inbound SET body = json_set(body, '$.event.text', ?5), updated_at = ?6
         WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND message = ?4 AND state IN ('new', 'context')
         AND body ->> '$.event.type' = 'message'",
    )?
    .execute(params![of.channel, of.account, about.lane, about.message, text, now])?;
    Ok(())
}

fn remove(db: &Connection, of: &AccountName, about: &NewInbound, now: Millis) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE inbound SET state = 'dropped', reason = 'deleted by its sender', updated_at = ?5
         WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND message = ?4 AND state IN ('new', 'context')
         AND body ->> '$.event.type' = 'message'",
    )?
    .execute(params![of.channel, of.account, about.lane, about.message, now])?;
    Ok(())
}

/// Returns the oldest rows of a conversation that nobody has looked at.
pub fn fresh(
    db: &Connection,
    of: &AccountName,
    lane: &str,
    express: bool,
    limit: u32,
) -> Result<Vec<InboundRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND express = ?4 AND state = 'new'
         ORDER BY seq LIMIT ?5"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![of.channel, of.account, lane, express, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns conversations of an account that have rows which nobody has looked at.
pub fn fresh_lanes(
    db: &Connection,
    of: &AccountName,
    express: bool,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT lane FROM inbound WHERE channel = ?1 AND account = ?2 AND express = ?3 AND state = 'new'
         GROUP BY lane ORDER BY min(seq) LIMIT ?4",
    )?;
    let rows = statement.query_map(params![of.channel, of.account, express, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns an account's rows after `after` whose tasks had not been answered, oldest first.
pub fn accepted(
    db: &Connection,
    of: &AccountName,
    after: i64,
    limit: u32,
) -> Result<Vec<InboundRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE channel = ?1 AND account = ?2 AND state = 'accepted' AND seq > ?3 ORDER BY seq LIMIT ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![of.channel, of.account, after, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns one row.
pub fn get(db: &Connection, seq: i64) -> Result<Option<InboundRow>, StoreError> {
    let sql = format!("{SELECT} WHERE seq = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([seq], read).optional()?)
}

/// Returns the account and the JSON of what a session was told last; looked for from the newest backwards.
pub fn last_told(db: &Connection, org: &str, key: &str) -> Result<Option<(AccountName, String)>, StoreError> {
    let sql = "SELECT channel, account, body FROM inbound WHERE org = ?1 AND session_key = ?2
               ORDER BY seq DESC LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    let read = |row: &Row<'_>| Ok((AccountName { channel: row.get(0)?, account: row.get(1)? }, row.get(2)?));
    Ok(statement.query_row([org, key], read).optional()?)
}

/// Returns what was said in a conversation without being meant for the bot, oldest first.
pub fn context(
    db: &Connection,
    of: &AccountName,
    lane: &str,
    before: i64,
    limit: u32,
) -> Result<Vec<InboundRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND state = 'context' AND seq < ?4
         ORDER BY seq DESC LIMIT ?5"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![of.channel, of.account, lane, before, limit], read)?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    found.reverse();
    Ok(found)
}

/// Ties rows to the tasks that they became just before a crash, and the rest of their albums with them. A task is
/// known by the run's name and by who asked.
pub fn link(db: &Connection, now: Millis) -> Result<(), StoreError> {
    let oldest: Option<Millis> =
        db.query_row("SELECT min(stored_at) FROM inbound WHERE state = 'new'", [], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(()) };
    db.execute(
        "UPDATE inbound SET state = 'accepted', updated_at = ?1, task = found.seq, session_key = found.key
         FROM (SELECT tasks.seq, tasks.run_id, tasks.actor, sessions.key FROM tasks
               JOIN sessions ON sessions.no = tasks.session
               WHERE tasks.kind = 'channel' AND tasks.created_at >= ?2) AS found
         WHERE inbound.state = 'new' AND found.run_id = 'in-' || inbound.seq
         AND found.actor = inbound.channel || ':' || inbound.sender",
        params![now, oldest],
    )?;
    db.execute(
        "UPDATE inbound SET state = 'merged', updated_at = ?1, task = lead.task
         FROM inbound AS lead JOIN tasks ON tasks.seq = lead.task
         WHERE inbound.state = 'new' AND lead.state = 'accepted' AND lead.lane = inbound.lane
         AND lead.channel = inbound.channel AND lead.account = inbound.account AND lead.sender = inbound.sender
         AND lead.body ->> '$.event.album' = inbound.body ->> '$.event.album'
         AND inbound.stored_at <= tasks.created_at",
        [now],
    )?;
    Ok(())
}

/// Settles a row. Of one that is dropped nothing is kept but that it came.
pub fn settle(
    db: &Connection,
    seq: i64,
    state: &str,
    reason: Option<&str>,
    now: Millis,
) -> Result<bool, StoreError> {
    let sql = "UPDATE inbound SET state = ?2, reason = ?3, updated_at = ?4,
               body = CASE ?2 WHEN 'dropped' THEN '{}' ELSE body END
               WHERE seq = ?1 AND state IN ('new', 'accepted')";
    Ok(db.prepare_cached(sql)?.execute(params![seq, state, reason, now])? == 1)
}

/// Notes that a row became a task. `members` are the rows that are part of it; the conversation's context up to
/// it counts as read.
pub fn accept(
    db: &Connection,
    of: &AccountName,
    row: &InboundRow,
    members: &[i64],
    session_key: &str,
    task: i64,
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE inbound SET state = 'accepted', session_key = ?2, task = ?3, updated_at = ?4 WHERE seq = ?1",
    )?
    .execute(params![row.seq, session_key, task, now])?;
    for member in members {
        db.prepare_cached(
            "UPDATE inbound SET state = 'merged', task = ?2, updated_at = ?3 WHERE seq = ?1 AND state = 'new'",
        )?
        .execute(params![member, task, now])?;
    }
    db.prepare_cached(
        "UPDATE inbound SET state = 'read', updated_at = ?5
         WHERE channel = ?1 AND account = ?2 AND lane = ?3 AND seq < ?4 AND state = 'context'",
    )?
    .execute(params![of.channel, of.account, row.lane, row.seq, now])?;
    Ok(())
}

/// Notes which message shows the answer while it is written; empty before it is sent.
pub fn set_draft(db: &Connection, seq: i64, draft: Option<&str>, now: Millis) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE inbound SET draft = ?2, updated_at = ?3 WHERE seq = ?1")?
        .execute(params![seq, draft, now])?;
    Ok(())
}

/// Drops the messages of a conversation that wait and are older than the command `before`; returns how many.
pub fn drop_waiting(
    db: &Connection,
    of: &AccountName,
    lane: &str,
    before: i64,
    now: Millis,
) -> Result<usize, StoreError> {
    let sql = "UPDATE inbound SET state = 'dropped', reason = 'stopped', updated_at = ?5 WHERE channel = ?1
               AND account = ?2 AND express = 0 AND lane = ?3 AND seq < ?4 AND state = 'new'";
    Ok(db.prepare_cached(sql)?.execute(params![of.channel, of.account, lane, before, now])?)
}

/// Says whether a command came after a row in its conversation.
pub fn commanded_after(db: &Connection, of: &AccountName, lane: &str, seq: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM inbound WHERE seq > ?4 AND channel = ?1 AND account = ?2
               AND lane = ?3 AND express = 1 AND state IN ('new', 'accepted', 'answered'))";
    Ok(db.prepare_cached(sql)?.query_row(params![of.channel, of.account, lane, seq], |row| row.get(0))?)
}

/// Forgets settled rows from before `before`; repeats of them are no longer known then.
pub fn forget(db: &Connection, before: Millis, limit: u32) -> Result<usize, StoreError> {
    let sql = "DELETE FROM inbound WHERE seq IN (SELECT seq FROM inbound WHERE stored_at < ?1
               AND state NOT IN ('new', 'accepted') ORDER BY seq LIMIT ?2)";
    Ok(db.execute(sql, params![before, limit])?)
}

const SELECT: &str = "SELECT seq, org, lane, sender, body, state, session_key, task, draft, stored_at, updated_at FROM inbound";

fn read(row: &Row<'_>) -> rusqlite::Result<InboundRow> {
    Ok(InboundRow {
        seq: row.get(0)?,
        org: row.get(1)?,
        lane: row.get(2)?,
        sender: row.get(3)?,
        body: row.get(4)?,
        state: row.get(5)?,
        session_key: row.get(6)?,
        task: row.get(7)?,
        draft: row.get(8)?,
        stored_at: row.get(9)?,
        updated_at: row.get(10)?,
    })
}
