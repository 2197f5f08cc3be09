//! People on chat platforms who asked to talk to the bot, and those who may.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use schemas::clock::Millis;

use super::StoreError;
use super::accounts::AccountName;

/// Somebody on a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// Its number.
    pub seq: i64,
    /// Whose it is.
    pub org: String,
    /// The account that they wrote to.
    pub of: AccountName,
    /// The platform's id of them.
    pub peer: String,
    /// The name shown when they asked; untrusted.
    pub name: String,
    /// Their handle when they asked; untrusted.
    pub handle: Option<String>,
    /// The conversation in which they asked.
    pub chat: String,
    /// `pending`, `approved`, `denied` or `owner`.
    pub state: String,
    /// What the owner confirms.
    pub code: Option<String>,
    /// When they asked.
    pub asked_at: Millis,
    /// When the request lapses.
    pub expires_at: Millis,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Millis>,
}

/// Somebody who asks.
#[derive(Clone, Debug)]
pub struct NewPeer {
    /// The platform's id of them.
    pub peer: String,
    /// The name shown.
    pub name: String,
    /// Their handle.
    pub handle: Option<String>,
    /// The conversation in which they ask.
    pub chat: String,
    /// What the owner confirms.
    pub code: String,
    /// When the request lapses.
    pub expires_at: Millis,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It was made.
    Made(PeerRow),
    /// There is one already, or it was decided.
    Known(PeerRow),
    /// Too many wait for this account.
    Full,
}

/// Makes a pairing request, unless that person has one or was decided upon.
///
/// A denied person may ask again once `expires_at` of the denied request has passed.
pub fn ask(
    db: &Connection,
    org: &str,
    of: &AccountName,
    new: &NewPeer,
    most: u32,
    now: Millis,
) -> Result<Asked, StoreError> {
    db.prepare_cached(
        "DELETE FROM peers WHERE channel = ?1 AND account = ?2 AND state IN ('pending', 'denied') AND expires_at <= ?3",
    )?
    .execute(params![of.channel, of.account, now])?;
    if let Some(known) = find(db, of, &new.peer)? {
        return Ok(Asked::Known(known));
    }
    let sql = "SELECT count(*) FROM peers WHERE channel = ?1 AND account = ?2 AND state = 'pending'";
    let pending: u32 =
        db.prepare_cached(sql)?.query_row(params![of.channel, of.account], |row| row.get(0))?;
    if pending >= most {
        return Ok(Asked::Full);
    }
    db.prepare_cached(
        "INSERT INTO peers (org, channel, account, peer, name, handle, chat, state, code, asked_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?8, ?9, ?10)",
    )?
    .execute(params![
        org,
        of.channel,
        of.account,
        new.peer,
        new.name,
        new.handle,
        new.chat,
        new.code,
        now,
        new.expires_at
    ])?;
    find(db, of, &new.peer)?.map(Asked::Made).ok_or(StoreError::Corrupt { what: "pairing request" })
}

/// Decides a waiting request by its code: `state` is `approved`, `owner` or `denied`. `None` if there is no such
/// request, or it has lapsed.
pub fn decide(
    db: &Connection,
    org: &str,
    of: &AccountName,
    code: &str,
    state: &str,
    by: &str,
    now: Millis,
) -> Result<Option<PeerRow>, StoreError> {
    let seq: Option<i64> = db
        .prepare_cached(
            "SELECT seq FROM peers WHERE org = ?1 AND channel = ?2 AND account = ?3 AND code = ?4
             AND state = 'pending' AND expires_at > ?5",
        )?
        .query_row(params![org, of.channel, of.account, code, now], |row| row.get(0))
        .optional()?;
    let Some(seq) = seq else { return Ok(None) };
    db.prepare_cached(
        "UPDATE peers SET state = ?2, decided_by = ?3, decided_at = ?4, code = NULL WHERE seq = ?1",
    )?
    .execute(params![seq, state, by, now])?;
    let sql = format!("{SELECT} WHERE seq = ?1");
    Ok(Some(db.prepare_cached(&sql)?.query_row([seq], read)?))
}

/// Remembers an owner (id, name, conversation), who is told of others who ask.
pub fn meet_owner(
    db: &Connection,
    org: &str,
    of: &AccountName,
    who: (&str, &str, &str),
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO peers (org, channel, account, peer, name, chat, state, asked_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'owner', ?7, ?7)
         ON CONFLICT (channel, account, peer) DO UPDATE SET state = 'owner', name = ?5, chat = ?6, code = NULL",
    )?
    .execute(params![org, of.channel, of.account, who.0, who.1, who.2, now])?;
    Ok(())
}

/// Forgets those who are owners no more.
pub fn keep_owners(db: &Connection, of: &AccountName, owners: &[String]) -> Result<(), StoreError> {
    let owners = serde_json::to_string(owners).unwrap_or_default();
    db.prepare_cached(
        "DELETE FROM peers WHERE channel = ?1 AND account = ?2 AND state = 'owner'
         AND peer NOT IN (SELECT value FROM json_each(?3))",
    )?
    .execute(params![of.channel, of.account, owners])?;
    Ok(())
}

/// Takes away somebody's right to talk to the bot; false if they had none.
pub fn remove(db: &Connection, of: &AccountName, peer: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM peers WHERE channel = ?1 AND account = ?2 AND peer = ?3";
    Ok(db.prepare_cached(sql)?.execute(params![of.channel, of.account, peer])? == 1)
}

/// Returns an account's people in `state`, oldest first.
pub fn of_account(db: &Connection, of: &AccountName, state: &str) -> Result<Vec<PeerRow>, StoreError> {
    let sql = format!("{SELECT} WHERE channel = ?1 AND account = ?2 AND state = ?3 ORDER BY seq");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![of.channel, of.account, state], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns everybody of an organisation who was let in or turned away, oldest first.
pub fn decided(db: &Connection, org: &str) -> Result<Vec<PeerRow>, StoreError> {
    let sql = format!("{SELECT} WHERE org = ?1 AND state <> 'pending' ORDER BY seq");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([org], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Drops a request, so that the person may ask again; `None` if nobody waits with that code.
pub fn dismiss(
    db: &Connection,
    org: &str,
    of: &AccountName,
    code: &str,
    now: Millis,
) -> Result<Option<PeerRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE org = ?1 AND channel = ?2 AND account = ?3 AND code = ?4 AND state = 'pending'
         AND expires_at > ?5"
    );
    let given = params![org, of.channel, of.account, code, now];
    let peer = db.prepare_cached(&sql)?.query_row(given, read).optional()?;
    if let Some(peer) = &peer {
        remove(db, of, &peer.peer)?;
    }
    Ok(peer)
}

/// Returns an organisation's requests that wait, oldest first.
pub fn pending(db: &Connection, org: &str, now: Millis) -> Result<Vec<PeerRow>, StoreError> {
    let sql = format!("{SELECT} WHERE org = ?1 AND state = 'pending' AND expires_at > ?2 ORDER BY seq");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![org, now], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn find(db: &Connection, of: &AccountName, peer: &str) -> Result<Option<PeerRow>, StoreError> {
    let sql = format!("{SELECT} WHERE channel = ?1 AND account = ?2 AND peer = ?3");
    let given = params![of.channel, of.account, peer];
    Ok(db.prepare_cached(&sql)?.query_row(given, read).optional()?)
}

const SELECT: &str = "SELECT seq, org, channel, account, peer, name, handle, chat, state, code, asked_at,
    expires_at, decided_by, decided_at FROM peers";

fn read(row: &Row<'_>) -> rusqlite::Result<PeerRow> {
    Ok(PeerRow {
        seq: row.get(0)?,
        org: row.get(1)?,
        of: AccountName { channel: row.get(2)?, account: row.get(3)? },
        peer: row.get(4)?,
        name: row.get(5)?,
        handle: row.get(6)?,
        chat: row.get(7)?,
        state: row.get(8)?,
        code: row.get(9)?,
        asked_at: row.get(10)?,
        expires_at: row.get(11)?,
        decided_by: row.get(12)?,
        decided_at: row.get(13)?,
    })
}
