//! Full-text search over messages, indexed when somebody searches.

use rusqlite::{Connection, params};
use schemas::clock::Millis;

use super::messages::Body;
use super::{Store, StoreError};

/// A found message.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The conversation's number.
    pub session: i64,
    /// Its key.
    pub key: String,
    /// Its id at that time.
    pub session_id: String,
    /// The message.
    pub message: i64,
    /// Who said it.
    pub role: String,
    /// When.
    pub at: Millis,
    /// The words around the hit.
    pub snippet: String,
    /// Greater is better.
    pub score: f64,
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words; all must occur, the last one may be a beginning.
    pub text: String,
    /// Only conversations of this agent's keys.
    pub agent: Option<String>,
    /// Only these conversations; all if empty.
    pub keys: Vec<String>,
    /// Hits at most.
    pub limit: u32,
}

/// Indexes what was said since the last search, then searches the messages of one organisation.
pub async fn find(store: &Store, org: &str, query: Query) -> Result<Vec<Hit>, StoreError> {
    while store.write(catch_up).await? == BATCH {}
    let org = org.to_owned();
    store.read(move |db| search(db, &org, &query)).await
}

/// Indexes one batch; returns how many messages it had.
fn catch_up(db: &Connection) -> Result<u32, StoreError> {
    let done: i64 = db.query_row("SELECT done FROM search_progress", [], |row| row.get(0))?;
    let mut statement =
        db.prepare_cached("SELECT id, role, body FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut rows = statement.query(params![done, BATCH])?;
    let mut insert = db.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?;
    let (mut last, mut seen) = (done, 0);
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        seen += 1;
        let (role, body): (String, String) = (row.get(1)?, row.get(2)?);
        if role == "user" || role == "assistant" {
            let body: Body = serde_json::from_str(&body).unwrap_or_default();
            insert.execute(params![last, body.plain()])?;
        }
    }
    db.prepare_cached("UPDATE search_progress SET done = ?1")?.execute(params![last])?;
    Ok(seen)
}

fn search(db: &Connection, org: &str, query: &Query) -> Result<Vec<Hit>, StoreError> {
    let Some(words) = phrase(&query.text) else { return Ok(Vec::new()) };
    let agent = query.agent.as_ref().map(|agent| format!("agent:{agent}:"));
    let keys = (!query.keys.is_empty()).then(|| serde_json::to_string(&query.keys).unwrap_or_default());
    let mut statement = db.prepare_cached(
        "SELECT s.no, s.key, t.session_id, m.id, m.role, m.at, m.body, bm25(search)
         FROM search JOIN messages m ON m.id = search.rowid JOIN transcripts t ON t.no = m.transcript
         JOIN sessions s ON s.no = t.session
         WHERE search MATCH ?1 AND m.org = ?2 AND s.org = ?2 AND s.deleted = 0
           AND (?3 IS NULL OR substr(s.key, 1, length(?3)) = ?3)
           AND (?4 IS NULL OR s.key IN (SELECT value FROM json_each(?4)))
         ORDER BY bm25(search), m.id DESC LIMIT ?5",
    )?;
    let first = query.text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let rows = statement.query_map(params![words, org, agent, keys, query.limit], |row| {
        let body: String = row.get(6)?;
        let text = serde_json::from_str::<Body>(&body).unwrap_or_default().plain();
        Ok(Hit {
            session: row.get(0)?,
            key: row.get(1)?,
            session_id: row.get(2)?,
            message: row.get(3)?,
            role: row.get(4)?,
            at: row.get(5)?,
            snippet: snippet(&text, &first),
            score: -row.get::<_, f64>(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Turns what a person typed into a query: every word in quotes, so that nothing of it is an operator.
fn phrase(text: &str) -> Option<String> {
    let words: Vec<String> =
        text.split_whitespace().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    let worth = text.chars().any(char::is_alphanumeric);
    worth.then(|| format!("{}*", words.join(" ")))
}

/// Returns the words around the first place where `word` occurs.
fn snippet(text: &str, word: &str) -> String {
    let at = text.to_lowercase().find(word).unwrap_or(0);
    let before = text.char_indices().map(|(index, _)| index).take_while(|index| *index <= at).count();
    let from = before.saturating_sub(SNIPPET / 3);
    let cut: String = text.chars().skip(from).take(SNIPPET).collect();
    let (head, tail) = (from > 0, text.chars().count() > from + SNIPPET);
    format!("{}{}{}", if head { "…" } else { "" }, cut.trim(), if tail { "…" } else { "" })
}

const BATCH: u32 = 500;
const SNIPPET: usize = 160;
