//! Messages: what was said, append-only.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::StoreError;

/// A message to store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// `user`, `assistant`, `toolResult` or `system`.
    pub role: &'static str,
    /// What was said.
    pub body: Body,
    /// The run it belongs to.
    pub run_id: Option<String>,
    /// Names it, where clients match it by name.
    pub idempotency_key: Option<String>,
}

/// What was said, and what is known about how it came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Blocks of text, tool calls, names of files.
    pub content: Vec<Value>,
    /// The executor that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens and cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

impl Body {
    /// Returns a body of one text.
    pub fn text(text: &str) -> Self {
        Self { content: vec![serde_json::json!({ "type": "text", "text": text })], ..Self::default() }
    }

    /// Returns the texts of its blocks.
    pub fn plain(&self) -> String {
        let texts = self.content.iter().filter_map(|block| block.get("text")?.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// A stored message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id; grows with time.
    pub id: i64,
    /// Who said it.
    pub role: String,
    /// What was said.
    pub body: Body,
    /// The run it belongs to.
    pub run_id: Option<String>,
    /// Its name.
    pub idempotency_key: Option<String>,
    /// When it was stored.
    pub at: Millis,
}

/// Stores a message and returns it with its id.
pub fn append(
    db: &Connection,
    transcript: i64,
    org: &str,
    actor: &str,
    message: NewMessage,
    at: Millis,
) -> Result<Message, StoreError> {
    let body = serde_json::to_string(&message.body).map_err(|_| StoreError::Corrupt { what: "message" })?;
    db.prepare_cached(
        "INSERT INTO messages (transcript, org, actor, role, body, run_id, idempotency_key, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        transcript,
        org,
        actor,
        message.role,
        body,
        message.run_id,
        message.idempotency_key,
        at
    ])?;
    Ok(Message {
        id: db.last_insert_rowid(),
        role: message.role.into(),
        body: message.body,
        run_id: message.run_id,
        idempotency_key: message.idempotency_key,
        at,
    })
}

/// Returns the newest messages of a transcript that are older than `before`, newest first, `skip` left out.
pub fn newest(
    db: &Connection,
    transcript: i64,
    before: Option<i64>,
    skip: u32,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE transcript = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3 OFFSET ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![transcript, before, limit, skip], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns how many messages a transcript has.
pub fn count(db: &Connection, transcript: i64) -> Result<u64, StoreError> {
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM messages WHERE transcript = ?1")?
        .query_row(params![transcript], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Returns a message of any transcript of the session `session`.
pub fn get(db: &Connection, session: i64, id: i64) -> Result<Option<Message>, StoreError> {
    let sql =
        format!("{SELECT} WHERE id = ?2 AND transcript IN (SELECT no FROM transcripts WHERE session = ?1)");
    Ok(db.prepare_cached(&sql)?.query_row(params![session, id], read).optional()?)
}

const SELECT: &str = "SELECT id, role, body, run_id, idempotency_key, at FROM messages";

fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
    let body: String = row.get(2)?;
    Ok(Message {
        id: row.get(0)?,
        role: row.get(1)?,
        // A body that cannot be read is shown as it is: nothing that was said is hidden.
        body: serde_json::from_str(&body).unwrap_or_else(|_| Body::text(&body)),
        run_id: row.get(3)?,
        idempotency_key: row.get(4)?,
        at: row.get(5)?,
    })
}
