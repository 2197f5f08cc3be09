//! Requests for permission and what became of them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;

/// A request for permission, as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Its number, which grows.
    pub seq: i64,
    /// Names it.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// What approvers were shown, as JSON.
    pub request: String,
    /// Who asked.
    pub asked_by: String,
    /// Digest of exactly what is to be done.
    pub binding: Option<String>,
    /// When.
    pub created_at: Millis,
    /// When it counts as denied.
    pub expires_at: Millis,
    /// `pending`, `allowed`, `denied`, `expired` or `cancelled`.
    pub state: String,
    /// What was answered.
    pub decision: Option<String>,
    /// Why it ended.
    pub reason: Option<String>,
    /// Who answered.
    pub decided_by: Option<String>,
    /// When it ended.
    pub decided_at: Option<Millis>,
    /// When what was allowed was done.
    pub spent_at: Option<Millis>,
}

/// A request that is new.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// Names it.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// What approvers are shown, as JSON.
    pub request: String,
    /// Who asks.
    pub asked_by: String,
    /// Digest of exactly what is to be done.
    pub binding: Option<String>,
    /// When.
    pub created_at: Millis,
    /// When it counts as denied.
    pub expires_at: Millis,
}

/// How a request ends.
#[derive(Clone, Debug)]
pub struct ApprovalEnd {
    /// `allowed`, `denied`, `expired` or `cancelled`.
    pub state: &'static str,
    /// The answer.
    pub decision: String,
    /// Why.
    pub reason: &'static str,
    /// Who answered.
    pub by: Option<String>,
    /// When.
    pub at: Millis,
}

/// Stores a request that waits; returns false if its id is taken.
pub fn put(db: &Connection, new: &NewApproval) -> Result<bool, StoreError> {
    let rows = db
        .prepare_cached(
            "INSERT INTO approvals (id, org, request, asked_by, binding, created_at, expires_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending') ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            new.id,
            new.org,
            new.request,
            new.asked_by,
            new.binding,
            new.created_at,
            new.expires_at
        ])?;
    Ok(rows == 1)
}

/// Ends a request that waits; returns false if it had ended, or never was.
pub fn close(db: &Connection, id: &str, end: &ApprovalEnd) -> Result<bool, StoreError> {
    let rows = db
        .prepare_cached(
            "UPDATE approvals SET state = ?2, decision = ?3, reason = ?4, decided_by = ?5, decided_at = ?6
             WHERE id = ?1 AND state = 'pending'",
        )?
        .execute(params![id, end.state, end.decision, end.reason, end.by, end.at])?;
    Ok(rows == 1)
}

/// Returns what waits, oldest first.
pub fn pending(db: &Connection) -> Result<Vec<ApprovalRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE state = 'pending' ORDER BY seq"))?;
    let rows = statement.query_map([], row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns one request.
pub fn find(db: &Connection, org: &str, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE org = ?1 AND id = ?2"))?;
    Ok(statement.query_row([org, id], row).optional()?)
}

/// Returns requests that have ended, latest first, from before the number `before`.
pub fn history(
    db: &Connection,
    org: &str,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "{SELECT} WHERE org = ?1 AND seq < ?2 AND state <> 'pending' ORDER BY seq DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![org, before.unwrap_or(i64::MAX), limit], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that what was allowed is being done; returns false if it was before.
pub fn spend(db: &Connection, id: &str, at: Millis) -> Result<bool, StoreError> {
    let rows = db
        .prepare_cached(
            "UPDATE approvals SET spent_at = ?2 WHERE id = ?1 AND state = 'allowed' AND spent_at IS NULL",
        )?
        .execute(params![id, at])?;
    Ok(rows == 1)
}

/// Forgets all but the `keep` latest requests; those that wait stay.
pub fn trim(db: &Connection, keep: u32) -> Result<(), StoreError> {
    db.execute(
        "DELETE FROM approvals WHERE state <> 'pending'
         AND seq <= (SELECT seq FROM approvals ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
        [keep],
    )?;
    Ok(())
}

fn row(row: &Row<'_>) -> rusqlite::Result<ApprovalRow> {
    Ok(ApprovalRow {
        seq: row.get("seq")?,
        id: row.get("id")?,
        org: row.get("org")?,
        request: row.get("request")?,
        asked_by: row.get("asked_by")?,
        binding: row.get("binding")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        state: row.get("state")?,
        decision: row.get("decision")?,
        reason: row.get("reason")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get("decided_at")?,
        spent_at: row.get("spent_at")?,
    })
}

const SELECT: &str =
    "SELECT seq, id, org, request, asked_by, binding, created_at, expires_at, state, decision,
    reason, decided_by, decided_at, spent_at FROM approvals";
