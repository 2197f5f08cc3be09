//! What is kept of an account on a platform: how far it has read, conversations that moved,
//! and what conversations were told.

use rusqlite::{Connection, OptionalExtension as _, params};
use schemas::clock::Millis;

use super::StoreError;

/// An account on a platform, as rows name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName {
    /// The platform.
    pub channel: String,
    /// The account's own name.
    pub account: String,
}

/// Keeps how far an account has read.
pub(super) fn set_cursor(
    db: &Connection,
    org: &str,
    of: &AccountName,
    cursor: &str,
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO channel_cursors (channel, account, org, cursor, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (channel, account) DO UPDATE SET cursor = ?4, updated_at = ?5",
    )?
    .execute(params![of.channel, of.account, org, cursor, now])?;
    Ok(())
}

/// Gives up what an account had to do and forgets how far it has read and what its conversations were told: a new one of the same name begins anew.
pub fn abandon(db: &Connection, of: &AccountName, now: Millis) -> Result<(), StoreError> {
    let given = params![of.channel, of.account, now];
    db.prepare_cached("DELETE FROM channel_cursors WHERE channel = ?1 AND account = ?2")?
        .execute(params![of.channel, of.account])?;
    db.prepare_cached("DELETE FROM activations WHERE channel = ?1 AND account = ?2")?
        .execute(params![of.channel, of.account])?;
    db.prepare_cached(
        "UPDATE inbound SET state = 'dropped', reason = 'the account was removed', body = '{}', updated_at = ?3
         WHERE channel = ?1 AND account = ?2 AND state IN ('new', 'accepted', 'context')",
    )?
    .execute(given)?;
    db.prepare_cached(
        "UPDATE outbox SET state = 'failed', error = 'the account was removed', updated_at = ?3
         WHERE channel = ?1 AND account = ?2 AND state IN ('queued', 'started')",
    )?
    .execute(given)?;
    Ok(())
}

/// Returns how far an account has read.
pub fn cursor(db: &Connection, of: &AccountName) -> Result<Option<String>, StoreError> {
    let sql = "SELECT cursor FROM channel_cursors WHERE channel = ?1 AND account = ?2";
    Ok(db.prepare_cached(sql)?.query_row(params![of.channel, of.account], |row| row.get(0)).optional()?)
}

/// Returns the id that a conversation had at first, if it has moved.
pub fn origin(db: &Connection, of: &AccountName, chat: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT origin FROM moved_chats WHERE channel = ?1 AND account = ?2 AND chat = ?3";
    let found = db.prepare_cached(sql)?.query_row(params![of.channel, of.account, chat], |row| row.get(0));
    Ok(found.optional()?)
}

/// Says whether a conversation was told to answer everything, or only when the bot is named; `None`: neither.
pub fn activation(db: &Connection, of: &AccountName, lane: &str) -> Result<Option<bool>, StoreError> {
    let sql = "SELECT always FROM activations WHERE channel = ?1 AND account = ?2 AND lane = ?3";
    let found = db.prepare_cached(sql)?.query_row(params![of.channel, of.account, lane], |row| row.get(0));
    Ok(found.optional()?)
}

/// Keeps what a conversation was told, and by whom.
pub fn set_activation(
    db: &Connection,
    of: &AccountName,
    lane: &str,
    always: bool,
    actor: &str,
    now: Millis,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO activations (channel, account, lane, always, actor, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (channel, account, lane) DO UPDATE SET always = ?4, actor = ?5, updated_at = ?6",
    )?
    .execute(params![of.channel, of.account, lane, always, actor, now])?;
    Ok(())
}

/// Lets everything that was meant for the old id go to the new one.
pub(super) fn moved(db: &Connection, of: &AccountName, from: &str, to: &str) -> Result<(), StoreError> {
    let origin: Option<String> = db
        .prepare_cached("SELECT origin FROM moved_chats WHERE channel = ?1 AND account = ?2 AND chat = ?3")?
        .query_row(params![of.channel, of.account, from], |row| row.get(0))
        .optional()?;
    db.prepare_cached(
        "INSERT INTO moved_chats (channel, account, chat, origin) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (channel, account, chat) DO NOTHING",
    )?
    .execute(params![of.channel, of.account, to, origin.as_deref().unwrap_or(from)])?;
    db.prepare_cached(
        "UPDATE outbox SET body = json_set(body, '$.to.chat', ?4)
         WHERE channel = ?1 AND account = ?2 AND state IN ('queued', 'started') AND body ->> '$.to.chat' = ?3",
    )?
    .execute(params![of.channel, of.account, from, to])?;
    db.prepare_cached(
        "UPDATE inbound SET body = json_set(body, '$.chat.id', ?4)
         WHERE channel = ?1 AND account = ?2 AND state IN ('new', 'accepted') AND body ->> '$.chat.id' = ?3
         AND body ->> '$.event.type' <> 'moved'",
    )?
    .execute(params![of.channel, of.account, from, to])?;
    Ok(())
}

/// Counts what came in and has no answer yet.
pub fn waiting(db: &Connection, of: &AccountName) -> Result<u64, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM inbound WHERE channel = ?1 AND account = ?2 AND state = 'new')
        + (SELECT count(*) FROM inbound WHERE channel = ?1 AND account = ?2 AND state = 'accepted')";
    let count: i64 = db.prepare_cached(sql)?.query_row(params![of.channel, of.account], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
