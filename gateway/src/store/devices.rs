//! Devices, pairing requests and one-time tokens: their rows, and reading and writing them.
//!
//! The gateway keeps all of it in memory and reads it here once, at start; each change writes whole rows.

use std::str::FromStr;

use rusqlite::{Connection, Row};
use schemas::clock::Millis;
use schemas::methods::devices::PairingRequest;
use schemas::{Role, Scopes};

use super::StoreError;

/// SHA-256 of a token; tokens themselves are never stored.
pub type TokenHash = [u8; 32];

/// A paired device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Hex SHA-256 of the key.
    pub id: String,
    /// Base64url of the raw key.
    pub public_key: String,
    /// What it says of itself.
    pub about: About,
    /// What people call it.
    pub label: Option<String>,
    /// `silent`, `owner` or `bootstrap`.
    pub approved_via: String,
    /// When it was first let in.
    pub created_at: Millis,
    /// When it was last approved.
    pub approved_at: Millis,
    /// When it was last here.
    pub last_seen_at: Option<Millis>,
    /// The organisation it belongs to.
    pub org: String,
    /// Who approved it last.
    pub actor: String,
    /// What it may be; at most one a role.
    pub grants: Vec<GrantRow>,
}

/// What a device says of itself when it connects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its operating system.
    pub platform: Option<String>,
    /// Its kind.
    pub device_family: Option<String>,
    /// The program.
    pub client_id: Option<String>,
    /// How it is used.
    pub client_mode: Option<String>,
}

/// What a device may be and do in one role, and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    /// The role.
    pub role: Role,
    /// Its scopes; none for nodes.
    pub scopes: Scopes,
    /// Until then the device's key alone is enough, so that it can fetch its token; 0: it is not.
    pub owed_until: Millis,
    /// Hash of the token in force.
    pub token: Option<TokenHash>,
    /// Hash of the one before, which is good as well.
    pub previous: Option<TokenHash>,
    /// When the token in force was issued.
    pub issued_at: Option<Millis>,
    /// When it was last replaced by order.
    pub rotated_at: Option<Millis>,
    /// When it was ended; from then on only an approval brings the role back.
    pub revoked_at: Option<Millis>,
    /// When a token was last shown.
    pub used_at: Option<Millis>,
}

/// A device that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRow {
    /// What it asks.
    pub request: PairingRequest,
    /// Whether it showed the shared token.
    pub knew_secret: bool,
    /// When it runs out.
    pub expires_at: Millis,
    /// The organisation.
    pub org: String,
    /// Who asked.
    pub actor: String,
}

/// A setup code or one-time link that nobody used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapRow {
    /// Its id, which is no secret.
    pub id: String,
    /// Hash of its token.
    pub token: TokenHash,
    /// `browser`, or a setup code's access: `full`, `limited`, `node`.
    pub kind: String,
    /// When it runs out.
    pub expires_at: Millis,
    /// The organisation.
    pub org: String,
    /// Who made it.
    pub actor: String,
}

/// Everything that is read at start.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    /// Paired devices.
    pub devices: Vec<DeviceRow>,
    /// Waiting devices, oldest first.
    pub pending: Vec<PendingRow>,
    /// Open one-time tokens.
    pub bootstraps: Vec<BootstrapRow>,
}

/// Reads everything.
pub fn load_identities(db: &Connection) -> Result<Identities, StoreError> {
    let mut devices: Vec<DeviceRow> =
        db.prepare("SELECT * FROM devices ORDER BY id")?.query_map([], device)?.collect::<Result<_, _>>()?;
    let grants: Vec<(String, GrantRow)> = db
        .prepare("SELECT * FROM device_grants ORDER BY device_id, role DESC")?
        .query_map([], grant)?
        .collect::<Result<_, _>>()?;
    for (id, grant) in grants {
        if let Ok(index) = devices.binary_search_by(|device| device.id.cmp(&id)) {
            devices[index].grants.push(grant);
        }
    }
    let pending = db
        .prepare("SELECT * FROM pairing_requests ORDER BY expires_at")?
        .query_map([], pending)?
        .collect::<Result<_, _>>()?;
    let bootstraps = db
        .prepare("SELECT * FROM bootstraps ORDER BY expires_at")?
        .query_map([], bootstrap)?
        .collect::<Result<_, _>>()?;
    Ok(Identities { devices, pending, bootstraps })
}

/// Writes a device and all its grants.
pub fn put_device(db: &Connection, row: &DeviceRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO devices (id, public_key, display_name, label, platform, device_family, client_id, client_mode,
                              approved_via, created_at, approved_at, last_seen_at, org, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO UPDATE SET
           display_name = ?3, label = ?4, platform = ?5, device_family = ?6, client_id = ?7, client_mode = ?8,
           approved_via = ?9, created_at = ?10, approved_at = ?11, last_seen_at = ?12, org = ?13, actor = ?14",
    )?
    .execute(rusqlite::params![
        row.id,
        row.public_key,
        row.about.display_name,
        row.label,
        row.about.platform,
        row.about.device_family,
        row.about.client_id,
        row.about.client_mode,
        row.approved_via,
        row.created_at,
        row.approved_at,
        row.last_seen_at,
        row.org,
        row.actor,
    ])?;
    for grant in &row.grants {
        put_grant(db, row, grant)?;
    }
    Ok(())
}

fn put_grant(db: &Connection, device: &DeviceRow, grant: &GrantRow) -> Result<(), StoreError> {
    let role: &'static str = grant.role.into();
    db.prepare_cached(
        "INSERT OR REPLACE INTO device_grants (device_id, role, scopes, owed_until, token_hash, previous_hash,
                                               issued_at, rotated_at, revoked_at, used_at, org, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(rusqlite::params![
        device.id,
        role,
        grant.scopes.names().join(" "),
        grant.owed_until,
        grant.token,
        grant.previous,
        grant.issued_at,
        grant.rotated_at,
        grant.revoked_at,
        grant.used_at,
        device.org,
        device.actor,
    ])?;
    Ok(())
}

/// Removes a device with its grants and its request.
pub fn remove_device(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM devices WHERE id = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM pairing_requests WHERE device_id = ?1")?.execute([id])?;
    Ok(())
}

/// Writes a request; one that the device made before gives way.
pub fn put_pending(db: &Connection, row: &PendingRow) -> Result<(), StoreError> {
    let request = serde_json::to_string(&row.request).map_err(|_| StoreError::Corrupt { what: "request" })?;
    db.prepare_cached("DELETE FROM pairing_requests WHERE device_id = ?1")?
        .execute([&row.request.device_id])?;
    db.prepare_cached("INSERT INTO pairing_requests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute((
        &row.request.request_id,
        &row.request.device_id,
        request,
        row.knew_secret,
        row.expires_at,
        &row.org,
        &row.actor,
    ))?;
    Ok(())
}

/// Removes a request.
pub fn remove_pending(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM pairing_requests WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Writes a one-time token.
pub fn put_bootstrap(db: &Connection, row: &BootstrapRow) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO bootstraps VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
        &row.id,
        row.token,
        &row.kind,
        row.expires_at,
        &row.org,
        &row.actor,
    ))?;
    Ok(())
}

/// Removes a one-time token: it was used, or ran out.
pub fn remove_bootstrap(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM bootstraps WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn device(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    Ok(DeviceRow {
        id: row.get("id")?,
        public_key: row.get("public_key")?,
        about: About {
            display_name: row.get("display_name")?,
            platform: row.get("platform")?,
            device_family: row.get("device_family")?,
            client_id: row.get("client_id")?,
            client_mode: row.get("client_mode")?,
        },
        label: row.get("label")?,
        approved_via: row.get("approved_via")?,
        created_at: row.get("created_at")?,
        approved_at: row.get("approved_at")?,
        last_seen_at: row.get("last_seen_at")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
        grants: Vec::new(),
    })
}

fn grant(row: &Row<'_>) -> rusqlite::Result<(String, GrantRow)> {
    let role: String = row.get("role")?;
    let scopes: String = row.get("scopes")?;
    let names: Vec<&str> = scopes.split_whitespace().collect();
    let grant = GrantRow {
        role: Role::from_str(&role).map_err(unreadable)?,
        scopes: Scopes::parse(&names),
        owed_until: row.get("owed_until")?,
        token: row.get("token_hash")?,
        previous: row.get("previous_hash")?,
        issued_at: row.get("issued_at")?,
        rotated_at: row.get("rotated_at")?,
        revoked_at: row.get("revoked_at")?,
        used_at: row.get("used_at")?,
    };
    Ok((row.get("device_id")?, grant))
}

fn pending(row: &Row<'_>) -> rusqlite::Result<PendingRow> {
    let request: String = row.get("request")?;
    Ok(PendingRow {
        request: serde_json::from_str(&request).map_err(unreadable)?,
        knew_secret: row.get("knew_secret")?,
        expires_at: row.get("expires_at")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
    })
}

fn bootstrap(row: &Row<'_>) -> rusqlite::Result<BootstrapRow> {
    Ok(BootstrapRow {
        id: row.get("id")?,
        token: row.get("token_hash")?,
        kind: row.get("kind")?,
        expires_at: row.get("expires_at")?,
        org: row.get("org")?,
        actor: row.get("actor")?,
    })
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}
