//! The audit trail: append-only rows, each of which holds the hash of the one before.
//!
//! A row is written in the transaction of the change that it tells of. Whoever alters, removes or reorders rows
//! afterwards breaks the chain at that row; a cut end shows because `AUTOINCREMENT` remembers the last number.

use rusqlite::{Connection, OptionalExtension as _, Row};
use schemas::clock::Millis;
use sha2::{Digest, Sha256};

use super::StoreError;

/// One thing that somebody did or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Millis,
    /// The organisation.
    pub org: String,
    /// Who: a principal's name.
    pub actor: String,
    /// What: `noun.verb`.
    pub action: String,
    /// To whom or what: an id.
    pub target: String,
    /// `ok` or `denied`.
    pub outcome: String,
    /// Particulars, without secrets.
    pub detail: String,
}

/// What a check of the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditState {
    /// All rows fit; how many there are.
    Whole(u64),
    /// The first row that does not fit: it, or one before it, was altered, removed or moved.
    BrokenAt(i64),
}

/// Appends an entry; call it in the job that makes the change.
pub fn append_audit(db: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let last: Option<Vec<u8>> = db
        .prepare_cached("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let prev = last.unwrap_or_else(|| START.to_vec());
    let hash = digest(&prev, entry);
    db.prepare_cached(
        "INSERT INTO audit (at, org, actor, action, target, outcome, detail, prev_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        entry.at,
        &entry.org,
        &entry.actor,
        &entry.action,
        &entry.target,
        &entry.outcome,
        &entry.detail,
        prev,
        hash.as_slice(),
    ))?;
    Ok(())
}

/// Returns the latest entries, latest first.
pub fn latest_audit(db: &Connection, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY seq DESC LIMIT ?1"))?;
    let entries = statement.query_map([limit], entry)?.collect::<Result<_, _>>()?;
    Ok(entries)
}

/// Checks the whole chain.
pub fn verify_audit(db: &Connection) -> Result<AuditState, StoreError> {
    let mut statement = db.prepare(&format!("{SELECT} ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut prev = START.to_vec();
    let mut expected = 1_i64;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get("seq")?;
        let stored: (Vec<u8>, Vec<u8>) = (row.get("prev_hash")?, row.get("hash")?);
        let hash = digest(&prev, &entry(row)?);
        if seq != expected || stored.0 != prev || stored.1 != hash {
            return Ok(AuditState::BrokenAt(seq.min(expected)));
        }
        prev = stored.1;
        expected += 1;
    }
    let handed_out: Option<i64> = db
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'audit'", [], |row| row.get(0))
        .optional()?;
    if handed_out.unwrap_or(0) >= expected {
        return Ok(AuditState::BrokenAt(expected));
    }
    Ok(AuditState::Whole(u64::try_from(expected - 1).unwrap_or(0)))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        at: row.get("at")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        target: row.get("target")?,
        outcome: row.get("outcome")?,
        detail: row.get("detail")?,
    })
}

/// Hashes a row together with the hash before it. Lengths stand before the texts, so that moving a letter from
/// one column to the next changes the hash.
fn digest(prev: &[u8], entry: &AuditEntry) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(entry.at.to_be_bytes());
    for text in [&entry.org, &entry.actor, &entry.action, &entry.target, &entry.outcome, &entry.detail] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().to_vec()
}

const SELECT: &str =
    "SELECT seq, at, org, actor, action, target, outcome, detail, prev_hash, hash FROM audit";
/// What the first row's hash is chained to.
const START: [u8; 32] = [0; 32];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DEFAULT_ORG, Store};

    async fn filled() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        for n in 0..5 {
            let entry = AuditEntry {
                at: n,
                org: DEFAULT_ORG.into(),
                actor: "gateway".into(),
                action: "device.pair.approve".into(),
                target: format!("d{n}"),
                outcome: "ok".into(),
                detail: String::new(),
            };
            store.write(move |db| append_audit(db, &entry)).await.expect("appended");
        }
        (dir, store)
    }

    async fn after(sql: &'static str) -> AuditState {
        let (_dir, store) = filled().await;
        store.write(|db| Ok(db.execute_batch(sql)?)).await.expect("tampered");
        store.read(verify_audit).await.expect("verified")
    }

    #[tokio::test]
    async fn a_tampered_chain_names_the_row() {
        assert_eq!(after("").await, AuditState::Whole(5));
        assert_eq!(after("UPDATE audit SET target = 'x' WHERE seq = 3").await, AuditState::BrokenAt(3));
        assert_eq!(
            after("UPDATE audit SET actor = 'gatewaydevice', action = '.pair.approve' WHERE seq = 3").await,
            AuditState::BrokenAt(3)
        );
        assert_eq!(after("DELETE FROM audit WHERE seq = 2").await, AuditState::BrokenAt(2));
        assert_eq!(after("DELETE FROM audit WHERE seq = 1").await, AuditState::BrokenAt(1));
        assert_eq!(after("DELETE FROM audit WHERE seq = 5").await, AuditState::BrokenAt(5));
        assert_eq!(
            after("UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 9").await,
            AuditState::BrokenAt(2)
        );
    }
}
