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
    let id = db.last_insert_rowid();
    if id % INDEX_BATCH == 0 {
        index(db)?;
    }
    Ok(Message {
        id,
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
        "{SELECT} WHERE id IN (
            SELECT id FROM messages_of_transcript WHERE transcript = ?1 AND (?2 IS NULL OR id < ?2)
            UNION ALL SELECT id FROM messages WHERE id > (SELECT done FROM messages_progress)
                AND transcript = ?1 AND (?2 IS NULL OR id < ?2)
            ORDER BY id DESC LIMIT ?3 OFFSET ?4)
         ORDER BY id DESC"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![transcript, before, limit, skip], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns how many messages a transcript has.
pub fn count(db: &Connection, transcript: i64) -> Result<u64, StoreError> {
    let count: i64 = db
        .prepare_cached(
            "SELECT (SELECT count(*) FROM messages_of_transcript WHERE transcript = ?1)
                + (SELECT count(*) FROM messages WHERE id > (SELECT done FROM messages_progress)
                   AND transcript = ?1)",
        )?
        .query_row(params![transcript], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Takes the messages stored since the last time into the list of their transcripts.
fn index(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO messages_of_transcript SELECT transcript, id FROM messages
         WHERE id > (SELECT done FROM messages_progress)",
    )?
    .execute([])?;
    db.prepare_cached("UPDATE messages_progress SET done = (SELECT coalesce(max(id), 0) FROM messages)")?
        .execute([])?;
    Ok(())
}

/// Removes every message of the session `session`, also from what is searched.
pub(super) fn delete(db: &Connection, session: i64) -> Result<(), StoreError> {
    index(db)?;
    let transcripts = "SELECT no FROM transcripts WHERE session = ?1";
    let ids = format!("SELECT id FROM messages_of_transcript WHERE transcript IN ({transcripts})");
    let searched = format!("{ids} AND id <= (SELECT done FROM search_progress)");
    db.execute(&format!("DELETE FROM search WHERE rowid IN ({searched})"), params![session])?;
    db.execute(&format!("DELETE FROM messages WHERE id IN ({ids})"), params![session])?;
    db.execute(
        &format!("DELETE FROM messages_of_transcript WHERE transcript IN ({transcripts})"),
        params![session],
    )?;
    // The ids of the newest messages are given again once these are gone.
    for progress in ["messages_progress", "search_progress"] {
        let last = "SELECT coalesce(max(id), 0) FROM messages";
        db.execute(&format!("UPDATE {progress} SET done = min(done, ({last}))"), [])?;
    }
    Ok(())
}

/// Returns a message of any transcript of the session `session`.
pub fn get(db: &Connection, session: i64, id: i64) -> Result<Option<Message>, StoreError> {
    let sql =
        format!("{SELECT} WHERE id = ?2 AND transcript IN (SELECT no FROM transcripts WHERE session = ?1)");
    Ok(db.prepare_cached(&sql)?.query_row(params![session, id], read).optional()?)
}

const SELECT: &str = "SELECT id, role, body, run_id, idempotency_key, at FROM messages";

/// Messages that are listed by their transcript at once.
const INDEX_BATCH: i64 = if cfg!(test) { 4 } else { 512 };

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, sessions};

    #[tokio::test]
    async fn pages_are_the_same_whether_a_message_is_listed_yet_or_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        let key = |who: i64| format!("agent:main:{who}");
        let written = store.write(move |db| {
            let mut told = [Vec::new(), Vec::new(), Vec::new()];
            for n in 0..40_i64 {
                let who = n * n % 3;
                let session = sessions::ensure(db, "default", &key(who), "token", n)?;
                let message =
                    NewMessage { role: "user", body: Body::text("x"), run_id: None, idempotency_key: None };
                let list = &mut told[usize::try_from(who).unwrap_or_default()];
                list.push(append(db, session.transcript, "default", "token", message, n)?.id);
                let here = newest(db, session.transcript, None, 0, 100)?;
                assert!(here.iter().map(|message| message.id).eq(list.iter().rev().copied()));
                assert_eq!(count(db, session.transcript)?, list.len() as u64);
                let (before, size) = (list.get(list.len() / 2).copied(), list.len() / 2);
                let page = newest(db, session.transcript, before, 1, 2)?;
                let wanted = list[..size].iter().rev().skip(1).take(2).copied();
                assert!(page.iter().map(|message| message.id).eq(wanted));
            }
            Ok(())
        });
        written.await.expect("written");
        let left = store.write(move |db| {
            let gone = sessions::delete(db, "default", &key(1), true)?;
            assert!(gone.is_some());
            let again = sessions::ensure(db, "default", &key(1), "token", 50)?;
            assert_eq!(count(db, again.transcript)?, 0);
            let message =
                NewMessage { role: "user", body: Body::text("new"), run_id: None, idempotency_key: None };
            let id = append(db, again.transcript, "default", "token", message, 51)?.id;
            let here = newest(db, again.transcript, None, 0, 10)?;
            assert_eq!(here.iter().map(|message| message.id).collect::<Vec<_>>(), [id]);
            let other = sessions::ensure(db, "default", &key(0), "token", 50)?;
            count(db, other.transcript)
        });
        assert_eq!(left.await.expect("written"), 14);
    }
}
