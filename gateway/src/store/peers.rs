//! People on chat platforms: who waits with a code, who was let in or turned away.
//!
//! The gateway keeps them in memory and reads them here once, at start; each change writes a whole row.

use std::str::FromStr as _;

use rusqlite::{Connection, Row, params};
use schemas::clock::Millis;

use super::StoreError;

/// A person on one account of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// The organisation.
    pub org: String,
    /// The platform.
    pub channel: String,
    /// The account.
    pub account: String,
    /// The platform's id of the person.
    pub sender: String,
    /// The name shown, chosen by its owner.
    pub name: String,
    /// The handle, if there is one.
    pub handle: Option<String>,
    /// The conversation in which they asked.
    pub chat: String,
    /// Where the matter stands.
    pub state: PeerState,
    /// The code they were given; only while they wait.
    pub code: Option<String>,
    /// When they asked.
    pub asked_at: Millis,
    /// When the code stops working.
    pub expires_at: Option<Millis>,
    /// When somebody decided.
    pub decided_at: Option<Millis>,
    /// Who acted last: the asking person, or who decided.
    pub actor: String,
}

/// Where a person's matter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum PeerState {
    /// Waits with a code.
    Pending,
    /// May talk.
    Allowed,
    /// Was turned away: gets no further code.
    Denied,
}

/// Writes a person's row.
pub fn put_peer(db: &Connection, peer: &PeerRow) -> Result<(), StoreError> {
    let state: &str = peer.state.into();
    db.prepare_cached(
        "INSERT OR REPLACE INTO peers (org, channel, account, sender, name, handle, chat, state, code, asked_at,
         expires_at, decided_at, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        peer.org,
        peer.channel,
        peer.account,
        peer.sender,
        peer.name,
        peer.handle,
        peer.chat,
        state,
        peer.code,
        peer.asked_at,
        peer.expires_at,
        peer.decided_at,
        peer.actor
    ])?;
    Ok(())
}

/// Removes a person's row.
pub fn remove_peer(
    db: &Connection,
    org: &str,
    channel: &str,
    account: &str,
    sender: &str,
) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM peers WHERE org = ?1 AND channel = ?2 AND account = ?3 AND sender = ?4")?
        .execute([org, channel, account, sender])?;
    Ok(())
}

/// Reads everybody.
pub fn load_peers(db: &Connection) -> Result<Vec<PeerRow>, StoreError> {
    let mut statement = db.prepare("SELECT * FROM peers")?;
    let rows = statement.query_map([], |row| Ok(peer(row)))?;
    rows.map(|row| row?).collect()
}

fn peer(row: &Row<'_>) -> Result<PeerRow, StoreError> {
    let state: String = row.get("state")?;
    Ok(PeerRow {
        org: row.get("org")?,
        channel: row.get("channel")?,
        account: row.get("account")?,
        sender: row.get("sender")?,
        name: row.get("name")?,
        handle: row.get("handle")?,
        chat: row.get("chat")?,
        state: PeerState::from_str(&state).map_err(|_| StoreError::Corrupt { what: "state of a peer" })?,
        code: row.get("code")?,
        asked_at: row.get("asked_at")?,
        expires_at: row.get("expires_at")?,
        decided_at: row.get("decided_at")?,
        actor: row.get("actor")?,
    })
}
