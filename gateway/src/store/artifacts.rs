//! What runs left besides their answers.

use rusqlite::{Connection, OptionalExtension as _, params};
use schemas::work::ArtifactKind;

use super::StoreError;

/// What a task left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRow {
    /// What it is.
    pub kind: ArtifactKind,
    /// Of a patch, the commit it applies to; of a branch, the branch.
    pub name: String,
    /// The patch.
    pub text: String,
    /// Whether `text` is not the whole of it.
    pub truncated: bool,
}

/// Keeps what a task left; what an earlier run of it left is replaced.
pub fn put(db: &Connection, task: i64, left: &ArtifactRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO artifacts (task, kind, name, text, truncated) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![task, <&str>::from(left.kind), left.name, left.text, left.truncated])?;
    Ok(())
}

/// Returns what a task left.
pub fn get(db: &Connection, task: i64) -> Result<Option<ArtifactRow>, StoreError> {
    let sql = "SELECT kind, name, text, truncated FROM artifacts WHERE task = ?1";
    let row = db.prepare_cached(sql)?.query_row(params![task], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    let Some((kind, name, text, truncated)) = row.optional()? else { return Ok(None) };
    let kind = kind.parse().map_err(|_| StoreError::Corrupt { what: "kind of artifact" })?;
    Ok(Some(ArtifactRow { kind, name, text, truncated }))
}
