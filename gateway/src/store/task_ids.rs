//! Finding tasks by the beginning of their ids: ids begin with the time, and rows are in the order of time.

use rusqlite::{Connection, OptionalExtension as _, params};
use schemas::clock::Millis;
use uuid::Uuid;

use super::StoreError;

/// Returns up to `limit` tasks of an organisation whose ids begin with `prefix`, given as hex digits without dashes.
pub fn by_prefix(db: &Connection, org: &str, prefix: &str, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let Some((from, to)) = span(prefix) else { return Ok(Vec::new()) };
    let mut statement =
        db.prepare_cached("SELECT id, org, created_at FROM tasks WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = statement.query(params![first_since(db, from)?])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, owner, at): (Vec<u8>, String, Millis) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if at > to || found.len() == limit {
            break;
        }
        let id = Uuid::from_slice(&id).unwrap_or_default();
        if owner == org && id.simple().to_string().starts_with(prefix) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Returns the first task that was made at `time` or later, by halving: rows are in the order of time.
pub fn first_since(db: &Connection, time: Millis) -> Result<i64, StoreError> {
    let bounds = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM tasks";
    let (mut low, mut high): (i64, i64) = db.query_row(bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut at = db.prepare_cached("SELECT created_at FROM tasks WHERE seq >= ?1 ORDER BY seq LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let made: Option<Millis> = at.query_row(params![middle], |row| row.get(0)).optional()?;
        if made.is_some_and(|made| made < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Returns the first and the last moment of ids that begin with `prefix`.
fn span(prefix: &str) -> Option<(Millis, Millis)> {
    let time = prefix.get(..prefix.len().min(TIME_DIGITS))?;
    let first = Millis::from_str_radix(time, 16).ok()?;
    let open = 4 * u32::try_from(TIME_DIGITS - time.len()).ok()?;
    Some((first << open, ((first + 1) << open) - 1))
}

/// Hex digits of the time in an id of version 7.
const TIME_DIGITS: usize = 12;
