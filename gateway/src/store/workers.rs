//! Tokens of workers that are no nodes: their rows.

use rusqlite::{Connection, params};
use schemas::clock::Millis;

use super::{StoreError, TokenHash};

/// A worker's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerToken {
    /// The worker's name.
    pub name: String,
    /// The organisation it belongs to.
    pub org: String,
    /// Who made it.
    pub actor: String,
    /// What is kept of it.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Millis,
}

/// Returns all tokens.
pub fn load_worker_tokens(db: &Connection) -> Result<Vec<WorkerToken>, StoreError> {
    let mut query = db.prepare("SELECT name, org, actor, hash, created_at FROM worker_tokens")?;
    let rows = query.query_map([], |row| {
        Ok(WorkerToken {
            name: row.get(0)?,
            org: row.get(1)?,
            actor: row.get(2)?,
            hash: row.get(3)?,
            created_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a token; the one of the same name before is no longer good.
pub fn put_worker_token(db: &Connection, token: &WorkerToken) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO worker_tokens (name, org, actor, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET org = ?2, actor = ?3, hash = ?4, created_at = ?5",
        params![token.name, token.org, token.actor, token.hash, token.created_at],
    )?;
    Ok(())
}

/// Forgets a token; says whether there was one.
pub fn remove_worker_token(db: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(db.execute("DELETE FROM worker_tokens WHERE name = ?1", [name])? > 0)
}
