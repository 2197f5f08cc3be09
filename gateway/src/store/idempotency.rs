//! Answers kept for repeated idempotency keys; appended in order, never looked up on the disk.

use rusqlite::{Connection, params};
use schemas::clock::Millis;

use super::StoreError;

/// A kept answer.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// Whose it is.
    pub org: String,
    /// Who called.
    pub actor: String,
    /// The method.
    pub method: String,
    /// The caller's key.
    pub key: String,
    /// Digest of the params.
    pub hash: Vec<u8>,
    /// The payload as JSON.
    pub answer: Vec<u8>,
    /// When.
    pub at: Millis,
}

/// Keeps an answer.
pub fn keep_answer(db: &Connection, kept: &KeptAnswer) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO kept_answers (org, actor, method, key, hash, answer, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![kept.org, kept.actor, kept.method, kept.key, kept.hash, kept.answer, kept.at])?;
    Ok(())
}

/// Returns the answers kept since `since`, at most the `limit` latest, oldest first.
pub fn kept_answers(db: &Connection, since: Millis, limit: usize) -> Result<Vec<KeptAnswer>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT org, actor, method, key, hash, answer, at FROM kept_answers
         WHERE at >= ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![since, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(KeptAnswer {
            org: row.get(0)?,
            actor: row.get(1)?,
            method: row.get(2)?,
            key: row.get(3)?,
            hash: row.get(4)?,
            answer: row.get(5)?,
            at: row.get(6)?,
        })
    })?;
    let mut kept = rows.collect::<Result<Vec<_>, _>>()?;
    kept.reverse();
    Ok(kept)
}

/// Forgets answers from before `before`.
pub fn forget_answers(db: &Connection, before: Millis) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM kept_answers WHERE at < ?1")?.execute([before])?;
    Ok(())
}
