//! Nodes and the work that waits for them: their rows, and reading and writing them.
//!
//! The gateway keeps nodes in memory and reads them here once, at start; each change writes the whole row.

use rusqlite::{Connection, Row};
use schemas::clock::Millis;
use schemas::methods::nodes::{HostStats, Surface};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRecord {
    /// The node, which is its device's id.
    pub id: String,
    /// The organisation it belongs to.
    pub org: String,
    /// Who decided on it last, else the node itself.
    pub actor: String,
    /// What people call it.
    pub label: Option<String>,
    /// What it says of itself.
    pub about: NodeAbout,
    /// What it last offered.
    pub declared: Surface,
    /// What was approved.
    pub approved: Option<Approved>,
    /// The request that waits, and since when.
    pub pending: Option<(String, Millis)>,
    /// When it was first seen.
    pub created_at: Millis,
    /// When its surface was last approved.
    pub approved_at: Option<Millis>,
    /// When it last connected.
    pub connected_at: Option<Millis>,
    /// When it last gave a sign of life.
    pub seen_at: Option<Millis>,
    /// Which.
    pub seen_reason: Option<String>,
    /// What it last told of its machine.
    pub stats: Option<HostStats>,
    /// Grows with each change of its work.
    pub revision: u64,
}

/// What a node says of itself when it connects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAbout {
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its operating system.
    pub platform: Option<String>,
    /// Its kind.
    pub device_family: Option<String>,
    /// Its model.
    pub model_identifier: Option<String>,
    /// The program.
    pub client_id: Option<String>,
    /// How it is used.
    pub client_mode: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// The PATH on which it finds programs.
    pub path_env: Option<String>,
    /// Where it connected from, unless that was this machine.
    pub remote_ip: Option<String>,
    /// Whether it speaks protocol 3 at most.
    pub speaks_3: bool,
}

/// What somebody approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// What may be used.
    pub surface: Surface,
    /// What the node said of itself then: what its kind may do was part of the decision.
    pub about: NodeAbout,
}

/// A piece of work that waits for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRow {
    /// Its place in the queue; 0: not stored yet.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// The node.
    pub node_id: String,
    /// The organisation.
    pub org: String,
    /// Who left it.
    pub actor: String,
    /// `status.request`, `location.request` or `command`.
    pub kind: String,
    /// `normal` or `high`.
    pub priority: String,
    /// Particulars, as JSON.
    pub payload: Option<String>,
    /// When it was left.
    pub created_at: Millis,
    /// When it is no longer wanted.
    pub expires_at: Millis,
}

/// Reads all nodes.
pub fn load_nodes(db: &Connection) -> Result<Vec<NodeRecord>, StoreError> {
    let nodes =
        db.prepare("SELECT * FROM nodes ORDER BY node_id")?.query_map([], node)?.collect::<Result<_, _>>()?;
    Ok(nodes)
}

/// Writes a node.
pub fn put_node(db: &Connection, row: &NodeRecord) -> Result<(), StoreError> {
    let (pending_id, pending_at) = row.pending.clone().unzip();
    db.prepare_cached(
        "INSERT INTO nodes (node_id, org, actor, label, about, declared, approved, pending_id, pending_at,
                            created_at, approved_at, connected_at, seen_at, seen_reason, stats, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (node_id) DO UPDATE SET
           actor = ?3, label = ?4, about = ?5, declared = ?6, approved = ?7, pending_id = ?8, pending_at = ?9,
           approved_at = ?11, connected_at = ?12, seen_at = ?13, seen_reason = ?14, stats = ?15, revision = ?16",
    )?
    .execute(rusqlite::params![
        row.id,
        row.org,
        row.actor,
        row.label,
        json(&row.about)?,
        json(&row.declared)?,
        row.approved.as_ref().map(json).transpose()?,
        pending_id,
        pending_at,
        row.created_at,
        row.approved_at,
        row.connected_at,
        row.seen_at,
        row.seen_reason,
        row.stats.as_ref().map(json).transpose()?,
        i64::try_from(row.revision).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

/// Removes a node with its work.
pub fn remove_node(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM nodes WHERE node_id = ?1")?.execute([id])?;
    Ok(())
}

/// Reads the work that waits, oldest first.
pub fn load_work(db: &Connection) -> Result<Vec<WorkRow>, StoreError> {
    let rows =
        db.prepare("SELECT * FROM node_work ORDER BY seq")?.query_map([], work)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Stores a piece of work.
pub fn put_work(db: &Connection, row: &WorkRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO node_work (id, node_id, org, actor, kind, priority, payload, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(rusqlite::params![
        row.id,
        row.node_id,
        row.org,
        row.actor,
        row.kind,
        row.priority,
        row.payload,
        row.created_at,
        row.expires_at,
    ])?;
    Ok(())
}

/// Removes a piece of work: it is done, or ran out.
pub fn remove_work(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM node_work WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn node(row: &Row<'_>) -> rusqlite::Result<NodeRecord> {
    let pending: Option<String> = row.get("pending_id")?;
    let since: Option<Millis> = row.get("pending_at")?;
    let revision: i64 = row.get("revision")?;
    Ok(NodeRecord {
        id: row.get("node_id")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        label: row.get("label")?,
        about: parsed(&row.get::<_, String>("about")?)?,
        declared: parsed(&row.get::<_, String>("declared")?)?,
        approved: row.get::<_, Option<String>>("approved")?.as_deref().map(parsed).transpose()?,
        pending: pending.map(|id| (id, since.unwrap_or_default())),
        created_at: row.get("created_at")?,
        approved_at: row.get("approved_at")?,
        connected_at: row.get("connected_at")?,
        seen_at: row.get("seen_at")?,
        seen_reason: row.get("seen_reason")?,
        stats: row.get::<_, Option<String>>("stats")?.as_deref().map(parsed).transpose()?,
        revision: u64::try_from(revision).unwrap_or(0),
    })
}

fn work(row: &Row<'_>) -> rusqlite::Result<WorkRow> {
    Ok(WorkRow {
        seq: row.get("seq")?,
        id: row.get("id")?,
        node_id: row.get("node_id")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        kind: row.get("kind")?,
        priority: row.get("priority")?,
        payload: row.get("payload")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what: "node" })
}

fn parsed<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
