//! Webhooks and the calls that they took.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;

/// A stored webhook.
#[derive(Clone)]
pub struct HookRow {
    /// Its number.
    pub no: i64,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub org: String,
    /// Who added it.
    pub actor: String,
    /// What it does, as JSON.
    pub definition: String,
    /// The key of its signatures.
    pub secret: Option<String>,
    /// When it was added.
    pub created_at: Millis,
    /// Calls that were accepted.
    pub calls: i64,
    /// When the last one was.
    pub last_at: Option<Millis>,
}

impl std::fmt::Debug for HookRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookRow").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Stores a new webhook; `false`: the name is taken.
pub fn insert(db: &Connection, row: &HookRow) -> Result<bool, StoreError> {
    let stored = db
        .prepare_cached(
            "INSERT OR IGNORE INTO hooks (name, org, actor, definition, secret, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![row.name, row.org, row.actor, row.definition, row.secret, row.created_at])?;
    Ok(stored == 1)
}

/// Removes a webhook.
pub fn remove(db: &Connection, org: &str, name: &str) -> Result<bool, StoreError> {
    db.prepare_cached(
        "DELETE FROM hook_calls WHERE hook IN (SELECT no FROM hooks WHERE org = ?1 AND name = ?2)",
    )?
    .execute([org, name])?;
    Ok(db.prepare_cached("DELETE FROM hooks WHERE org = ?1 AND name = ?2")?.execute([org, name])? == 1)
}

/// Returns a webhook by its name.
pub fn find(db: &Connection, name: &str) -> Result<Option<HookRow>, StoreError> {
    Ok(db.prepare_cached("SELECT * FROM hooks WHERE name = ?1")?.query_row([name], read).optional()?)
}

/// Returns an organisation's webhooks by name.
pub fn list(db: &Connection, org: &str) -> Result<Vec<HookRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM hooks WHERE org = ?1 ORDER BY name")?;
    Ok(statement.query_map([org], read)?.collect::<Result<_, _>>()?)
}

/// Returns how many webhooks there are.
pub fn count(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.prepare_cached("SELECT count(*) FROM hooks")?.query_row([], |row| row.get(0))?)
}

/// Returns the run that a call started.
pub fn run_of(db: &Connection, hook: i64, key: &[u8]) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT run_id FROM hook_calls WHERE hook = ?1 AND key = ?2")?
        .query_row(params![hook, key], |row| row.get(0))
        .optional()?)
}

/// Writes down a call in the commit of its task; a conflict, with nothing written, if it is a repeat or the webhook is
/// gone. The oldest calls go when there are more than `keep`.
pub fn took(
    db: &Connection,
    hook: i64,
    key: &[u8],
    run_id: &str,
    at: Millis,
    keep: u32,
) -> Result<(), StoreError> {
    let counted = "UPDATE hooks SET calls = calls + 1, last_at = ?2 WHERE no = ?1
                   AND NOT EXISTS (SELECT 1 FROM hook_calls WHERE hook = ?1 AND key = ?3)";
    if db.prepare_cached(counted)?.execute(params![hook, at, key])? == 0 {
        return Err(StoreError::Conflict);
    }
    db.prepare_cached(
        "INSERT INTO hook_calls (hook, key, run_id, seq, at)
         SELECT ?1, ?2, ?3, calls, ?4 FROM hooks WHERE no = ?1",
    )?
    .execute(params![hook, key, run_id, at])?;
    db.prepare_cached(
        "DELETE FROM hook_calls WHERE hook = ?1 AND seq <= (SELECT calls FROM hooks WHERE no = ?1) - ?2",
    )?
    .execute(params![hook, keep])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<HookRow> {
    Ok(HookRow {
        no: row.get("no")?,
        name: row.get("name")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        definition: row.get("definition")?,
        secret: row.get("secret")?,
        created_at: row.get("created_at")?,
        calls: row.get("calls")?,
        last_at: row.get("last_at")?,
    })
}
