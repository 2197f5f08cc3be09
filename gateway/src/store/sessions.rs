//! Conversations and the transcripts under them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;
use uuid::Uuid;

use super::StoreError;

/// A conversation with its present transcript.
#[expect(clippy::struct_excessive_bools, reason = "flags that a person sets one by one, each a column")]
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its number in the store.
    pub no: i64,
    /// Its full key.
    pub key: String,
    /// The present transcript's number.
    pub transcript: i64,
    /// The present id.
    pub session_id: String,
    /// The agent that a person chose instead of the key's own.
    pub agent: Option<String>,
    /// The model that a person chose.
    pub model: Option<String>,
    /// The person's name for it.
    pub label: Option<String>,
    /// The beginning of its first message.
    pub title: Option<String>,
    /// The beginning of its last line.
    pub preview: Option<String>,
    /// Hidden from the list.
    pub archived: bool,
    /// Kept on top.
    pub pinned: bool,
    /// Marked as unread.
    pub unread: bool,
    /// The agent's own memory of the transcript.
    pub conversation: Uuid,
    /// Whether the agent is known to hold it.
    pub resumable: bool,
    /// What the agent's conversation has cost so far, where the agent counts it that way.
    pub conversation_cost: Option<f64>,
    /// Tokens read so far.
    pub input_tokens: u64,
    /// Tokens written so far.
    pub output_tokens: u64,
    /// Cost so far in US dollars.
    pub cost: f64,
    /// When it began.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

/// Which conversations to list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only of this agent: the key's own or the chosen one.
    pub agent: Option<String>,
    /// Only with this label.
    pub label: Option<String>,
    /// Only changed since then.
    pub since: Option<Millis>,
    /// `Some(true)`: only archived ones, `Some(false)`: only others, `None`: both.
    pub archived: Option<bool>,
    /// Only those whose key, label or title holds this text, or that are among `also`.
    pub text: Option<String>,
    /// Conversations whose messages hold the text.
    pub also: Vec<i64>,
    /// Rows at most.
    pub limit: u32,
    /// Rows to skip.
    pub offset: u32,
}

/// What to change on a conversation; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The person's name for it.
    pub label: Option<Option<String>>,
    /// The model.
    pub model: Option<Option<String>>,
    /// The agent.
    pub agent: Option<Option<String>>,
    /// Hidden from the list.
    pub archived: Option<bool>,
    /// Kept on top.
    pub pinned: Option<bool>,
    /// Marked as unread.
    pub unread: Option<bool>,
}

/// Returns the conversation under `key`.
pub fn find(db: &Connection, org: &str, key: &str) -> Result<Option<Session>, StoreError> {
    let sql = format!("{SELECT} WHERE s.org = ?1 AND s.key = ?2 AND s.deleted = 0");
    Ok(db.prepare_cached(&sql)?.query_row(params![org, key], read).optional()?)
}

/// Returns the conversation with the number `no`.
pub fn by_no(db: &Connection, no: i64) -> Result<Option<Session>, StoreError> {
    let sql = format!("{SELECT} WHERE s.no = ?1");
    Ok(db.prepare_cached(&sql)?.query_row(params![no], read).optional()?)
}

/// Returns the conversation under `key`, begun now if there is none.
pub fn ensure(db: &Connection, org: &str, key: &str, actor: &str, at: Millis) -> Result<Session, StoreError> {
    if let Some(session) = find(db, org, key)? {
        return Ok(session);
    }
    db.prepare_cached(
        "INSERT INTO sessions (org, key, transcript, actor, created_at, updated_at) VALUES (?1, ?2, 0, ?3, ?4, ?4)
         ON CONFLICT (org, key) DO UPDATE SET deleted = 0, label = NULL, agent = NULL, model = NULL, title = NULL,
         preview = NULL, archived = 0, pinned = 0, unread = 0, input_tokens = 0, output_tokens = 0, cost = 0,
         created_at = ?4, updated_at = ?4",
    )?
    .execute(params![org, key, actor, at])?;
    let no = db
        .prepare_cached("SELECT no FROM sessions WHERE org = ?1 AND key = ?2")?
        .query_row(params![org, key], |row| row.get(0))?;
    begin_transcript(db, org, no, None, at)?;
    by_no(db, no)?.ok_or(StoreError::Corrupt { what: "session" })
}

/// Begins a new transcript and a new conversation of the agent under the same key.
///
/// `cause` is the task that asks for it: the same task never resets twice.
pub fn reset(
    db: &Connection,
    org: &str,
    key: &str,
    actor: &str,
    cause: Option<i64>,
    at: Millis,
) -> Result<Session, StoreError> {
    let session = ensure(db, org, key, actor, at)?;
    let done: Option<i64> = match cause {
        Some(cause) => db
            .prepare_cached("SELECT no FROM transcripts WHERE session = ?1 AND cause = ?2")?
            .query_row(params![session.no, cause], |row| row.get(0))
            .optional()?,
        None => None,
    };
    if done.is_none() {
        begin_transcript(db, org, session.no, cause, at)?;
        db.prepare_cached("UPDATE sessions SET title = NULL, preview = NULL, updated_at = ?2 WHERE no = ?1")?
            .execute(params![session.no, at])?;
    }
    by_no(db, session.no)?.ok_or(StoreError::Corrupt { what: "session" })
}

fn begin_transcript(
    db: &Connection,
    org: &str,
    session: i64,
    cause: Option<i64>,
    at: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO transcripts (org, session, session_id, conversation, cause, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        org,
        session,
        Uuid::new_v4().to_string(),
        Uuid::new_v4().to_string(),
        cause,
        at
    ])?;
    db.prepare_cached("UPDATE sessions SET transcript = ?2 WHERE no = ?1")?
        .execute(params![session, db.last_insert_rowid()])?;
    Ok(())
}

/// Changes a conversation, begun now if there is none.
pub fn patch(
    db: &Connection,
    org: &str,
    key: &str,
    actor: &str,
    patch: &Patch,
    at: Millis,
) -> Result<Session, StoreError> {
    let session = ensure(db, org, key, actor, at)?;
    let or = |new: &Option<Option<String>>, old: &Option<String>| new.clone().unwrap_or_else(|| old.clone());
    db.prepare_cached(
        "UPDATE sessions SET label = ?2, model = ?3, agent = ?4, archived = ?5, pinned = ?6, unread = ?7,
         updated_at = ?8 WHERE no = ?1",
    )?
    .execute(params![
        session.no,
        or(&patch.label, &session.label),
        or(&patch.model, &session.model),
        or(&patch.agent, &session.agent),
        patch.archived.unwrap_or(session.archived),
        patch.pinned.unwrap_or(session.pinned),
        patch.unread.unwrap_or(session.unread),
        at,
    ])?;
    by_no(db, session.no)?.ok_or(StoreError::Corrupt { what: "session" })
}

/// Removes a conversation from the list, and its messages as well if `messages` says so. Returns its last id.
pub fn delete(db: &Connection, org: &str, key: &str, messages: bool) -> Result<Option<String>, StoreError> {
    let Some(session) = find(db, org, key)? else { return Ok(None) };
    if messages {
        super::messages::delete(db, session.no)?;
    }
    db.prepare_cached("UPDATE sessions SET deleted = 1 WHERE no = ?1")?.execute(params![session.no])?;
    Ok(Some(session.session_id))
}

/// Returns the conversations that fit, pinned ones on top, latest first, and how many there are in all.
pub fn list(db: &Connection, org: &str, filter: &ListFilter) -> Result<(Vec<Session>, u64), StoreError> {
    let also = serde_json::to_string(&filter.also).unwrap_or_else(|_| "[]".into());
    let text = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_'], " ")));
    let agent = filter.agent.as_ref().map(|agent| format!("agent:{agent}:"));
    let fits = "s.org = ?1 AND s.deleted = 0
        AND (?2 IS NULL OR s.agent = ?3 OR (s.agent IS NULL AND substr(s.key, 1, length(?2)) = ?2))
        AND (?4 IS NULL OR s.label = ?4) AND (?5 IS NULL OR s.updated_at >= ?5)
        AND (?6 IS NULL OR s.archived = ?6)
        AND (?7 IS NULL OR s.key LIKE ?7 OR s.label LIKE ?7 OR s.title LIKE ?7
             OR s.no IN (SELECT value FROM json_each(?8)))";
    let given = params![org, agent, filter.agent, filter.label, filter.since, filter.archived, text, also];
    let total = db
        .prepare_cached(&format!("SELECT count(*) FROM sessions s WHERE {fits}"))?
        .query_row(given, |row| row.get::<_, i64>(0))?;
    let page = format!(
        "{SELECT} WHERE {fits} ORDER BY s.pinned DESC, s.updated_at DESC, s.no DESC LIMIT {} OFFSET {}",
        filter.limit, filter.offset
    );
    let rows = db.prepare(&page)?.query_map(given, read)?.collect::<Result<Vec<_>, _>>()?;
    Ok((rows, total.unsigned_abs()))
}

/// Finds a conversation by its present id, its label, or the beginning of its id; at most two are returned, so
/// that the caller can tell one from many.
pub fn find_by(
    db: &Connection,
    org: &str,
    session_id: Option<&str>,
    label: Option<&str>,
    short_id: Option<&str>,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE s.org = ?1 AND s.deleted = 0 AND (?2 IS NULL OR t.session_id = ?2)
         AND (?3 IS NULL OR s.label = ?3) AND (?4 IS NULL OR substr(t.session_id, 1, length(?4)) = ?4) LIMIT 2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![org, session_id, label, short_id], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the transcript of the session `no` that had the id `session_id`.
pub fn transcript_of(db: &Connection, no: i64, session_id: &str) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT no FROM transcripts WHERE session = ?1 AND session_id = ?2")?
        .query_row(params![no, session_id], |row| row.get(0))
        .optional()?)
}

/// Returns organisation, key and agent of every conversation for which a person chose an agent.
pub fn chosen_agents(db: &Connection) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT org, key, agent FROM sessions WHERE agent IS NOT NULL AND deleted = 0";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that something was said: the time, the preview, and the title if there is none yet.
pub fn touch(
    db: &Connection,
    no: i64,
    preview: Option<&str>,
    title: Option<&str>,
    at: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE sessions SET preview = coalesce(?2, preview), title = coalesce(title, ?3), updated_at = ?4
         WHERE no = ?1",
    )?
    .execute(params![no, preview, title, at])?;
    Ok(())
}

/// What a run leaves on its conversation.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost in US dollars.
    pub cost: f64,
    /// The conversation that the agent now holds.
    pub conversation: Option<Uuid>,
    /// What that has cost in all.
    pub conversation_cost: Option<f64>,
}

/// Adds what a run cost, and notes the conversation the agent holds for the transcript.
pub fn spend(db: &Connection, no: i64, transcript: i64, spent: &Spent) -> Result<(), StoreError> {
    if spent.input_tokens > 0 || spent.output_tokens > 0 || spent.cost > 0.0 {
        db.prepare_cached(
            "UPDATE sessions SET input_tokens = input_tokens + ?2, output_tokens = output_tokens + ?3,
             cost = cost + ?4 WHERE no = ?1",
        )?
        .execute(params![
            no,
            spent.input_tokens.cast_signed(),
            spent.output_tokens.cast_signed(),
            spent.cost
        ])?;
    }
    if let Some(conversation) = spent.conversation {
        db.prepare_cached(
            "UPDATE transcripts SET conversation = ?2, resumable = 1,
             conversation_cost = coalesce(?3, conversation_cost) WHERE no = ?1",
        )?
        .execute(params![transcript, conversation.to_string(), spent.conversation_cost])?;
    }
    Ok(())
}

const SELECT: &str = "SELECT s.no, s.key, s.transcript, t.session_id, s.agent, s.model, s.label, s.title, s.preview,
    s.archived, s.pinned, s.unread, t.conversation, t.resumable, t.conversation_cost, s.input_tokens,
    s.output_tokens, s.cost, s.created_at, s.updated_at FROM sessions s JOIN transcripts t ON t.no = s.transcript";

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    let conversation: String = row.get(12)?;
    Ok(Session {
        no: row.get(0)?,
        key: row.get(1)?,
        transcript: row.get(2)?,
        session_id: row.get(3)?,
        agent: row.get(4)?,
        model: row.get(5)?,
        label: row.get(6)?,
        title: row.get(7)?,
        preview: row.get(8)?,
        archived: row.get(9)?,
        pinned: row.get(10)?,
        unread: row.get(11)?,
        // An unreadable id only costs the agent's memory; the transcript is whole.
        conversation: conversation.parse().unwrap_or_else(|_| Uuid::new_v4()),
        resumable: row.get(13)?,
        conversation_cost: row.get(14)?,
        input_tokens: row.get::<_, i64>(15)?.unsigned_abs(),
        output_tokens: row.get::<_, i64>(16)?.unsigned_abs(),
        cost: row.get(17)?,
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
    })
}
