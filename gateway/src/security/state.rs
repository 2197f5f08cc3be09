//! Devices, requests and one-time tokens in memory: a handshake reads nothing from the disk.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemas::clock::Millis;
use schemas::connect::ConnectParams;
use schemas::device::PublicKey;
use schemas::{Role, Scope, Scopes};
use secrecy::{ExposeSecret as _, SecretString};
use strum::IntoEnumIterator as _;

use super::token;
use crate::store::{About, BootstrapRow, DeviceRow, GrantRow, Identities, PendingRow, StoreError};

/// Everything that a lock guards.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) devices: HashMap<String, Known>,
    /// Oldest first.
    pub(super) pending: Vec<PendingRow>,
    pub(super) bootstraps: Vec<BootstrapRow>,
    /// Devices whose times changed since they were written.
    pub(super) unwritten: HashSet<String>,
    epochs: u64,
}

/// A paired device.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) row: DeviceRow,
    /// Decoded once; that saves a tenth of each verification.
    pub(super) key: Arc<PublicKey>,
    /// Changes when the device loses rights; no two devices ever share one.
    pub(super) epoch: u64,
    /// When the times in its row were last written.
    pub(super) seen_written_at: Millis,
    /// Tokens that this process has issued, by role. Only hashes reach the disk. A device that comes back with
    /// the shared token is given the same token again (protocol 3.9): without this, each such connection would
    /// issue another one, write to the disk, and push out the token of a sibling process of the same device.
    handed: Vec<(Role, SecretString)>,
}

impl State {
    pub(super) fn load(rows: Identities) -> Result<Self, StoreError> {
        let mut state = Self { pending: rows.pending, bootstraps: rows.bootstraps, ..Self::default() };
        for row in rows.devices {
            let key = PublicKey::decode(&row.public_key).filter(|key| key.id() == row.id);
            let key = Arc::new(key.ok_or(StoreError::Corrupt { what: "device key" })?);
            state.insert(row, key);
        }
        Ok(state)
    }

    pub(super) fn insert(&mut self, row: DeviceRow, key: Arc<PublicKey>) -> &mut Known {
        let epoch = self.next_epoch();
        let known =
            Known { key, epoch, seen_written_at: row.last_seen_at.unwrap_or(0), handed: Vec::new(), row };
        self.devices.entry(known.row.id.clone()).insert_entry(known).into_mut()
    }

    /// Returns a number that was never used before in this process.
    pub(super) fn next_epoch(&mut self) -> u64 {
        self.epochs += 1;
        self.epochs
    }
}

impl Known {
    /// Returns what the device may be in a role, unless that was revoked.
    pub(super) fn grant(&self, role: Role) -> Option<&GrantRow> {
        self.row.grants.iter().find(|grant| grant.role == role && grant.revoked_at.is_none())
    }

    pub(super) fn grant_mut(&mut self, role: Role) -> Option<&mut GrantRow> {
        self.row.grants.iter_mut().find(|grant| grant.role == role && grant.revoked_at.is_none())
    }

    pub(super) fn is_revoked(&self, role: Role) -> bool {
        self.row.grants.iter().any(|grant| grant.role == role && grant.revoked_at.is_some())
    }

    /// Says whether one of the texts is a token in force for the role.
    pub(super) fn proves<'a>(&self, role: Role, mut shown: impl Iterator<Item = &'a str>) -> bool {
        let Some(grant) = self.grant(role) else { return false };
        let kept = [grant.token, grant.previous];
        shown.any(|text| kept.iter().flatten().any(|hash| token::fits(text, hash)))
    }

    /// Returns the device's token for a role and whether it is a new one.
    ///
    /// The one before stays good beside a new one: the answer that carries the new one may never arrive.
    pub(super) fn hand_out(&mut self, role: Role, now: Millis) -> Option<(String, Millis, bool)> {
        let handed =
            self.handed.iter().find(|(of, _)| *of == role).map(|(_, token)| token.expose_secret().to_owned());
        let grant = self.grant_mut(role)?;
        if let (Some(token), Some(issued_at)) = (handed, grant.issued_at) {
            return Some((token, issued_at, false));
        }
        grant.previous = grant.token;
        let token = self.issue(role, now)?;
        Some((token, now, true))
    }

    /// Replaces the token of a role.
    pub(super) fn issue(&mut self, role: Role, now: Millis) -> Option<String> {
        let token = token::new_token();
        let grant = self.grant_mut(role)?;
        grant.token = Some(token::hash(&token));
        grant.issued_at = Some(now);
        self.forget_handed(role);
        self.handed.push((role, SecretString::from(token.clone())));
        Some(token)
    }

    pub(super) fn forget_handed(&mut self, role: Role) {
        self.handed.retain(|(of, _)| *of != role);
    }

    /// Returns role names and operator scopes, as refusals and lists show them.
    pub(super) fn rights(&self) -> (Vec<String>, Vec<String>) {
        let live = self.row.grants.iter().filter(|grant| grant.revoked_at.is_none());
        let roles = live.clone().map(|grant| grant.role.to_string()).collect();
        let scopes = live.fold(Scopes::none(), |all, grant| all.union(grant.scopes));
        (roles, scopes.names())
    }
}

/// Who lets a device have something, and how far that goes.
#[derive(Clone, Debug)]
pub(super) struct Approver<'a> {
    pub(super) actor: &'a str,
    pub(super) org: &'a str,
    pub(super) scopes: Scopes,
    /// `silent`, `owner` or `bootstrap`.
    pub(super) via: &'static str,
}

/// Lets a device be `role` with `scopes`. The only place where a device's rights grow: whatever the entry point,
/// nobody gives what they do not have. Returns the scopes that the approver lacks.
pub(super) fn widen(
    device: &mut DeviceRow,
    approver: &Approver<'_>,
    role: Role,
    scopes: Scopes,
    now: Millis,
) -> Result<(), Vec<String>> {
    let lacking = lacking(approver.scopes, scopes);
    if !lacking.is_empty() {
        return Err(lacking);
    }
    let scopes = if role == Role::Node { Scopes::none() } else { scopes };
    match device.grants.iter_mut().find(|grant| grant.role == role) {
        // What was revoked does not come back with a later, smaller yes.
        Some(grant) if grant.revoked_at.is_some() => *grant = fresh(role, scopes),
        Some(grant) => grant.scopes = grant.scopes.union(scopes),
        None => device.grants.push(fresh(role, scopes)),
    }
    approver.via.clone_into(&mut device.approved_via);
    approver.actor.clone_into(&mut device.actor);
    approver.org.clone_into(&mut device.org);
    device.approved_at = now;
    Ok(())
}

fn fresh(role: Role, scopes: Scopes) -> GrantRow {
    GrantRow {
        role,
        scopes,
        owed_until: 0,
        token: None,
        previous: None,
        issued_at: None,
        rotated_at: None,
        revoked_at: None,
        used_at: None,
    }
}

/// Returns the names of the scopes in `asked` that `has` does not grant.
pub(super) fn lacking(has: Scopes, asked: Scopes) -> Vec<String> {
    if has.covers(asked) {
        return Vec::new();
    }
    let asked = asked.names();
    Scope::iter()
        .filter(|scope| !has.grants(*scope))
        .map(|scope| scope.to_string())
        .filter(|name| asked.contains(name))
        .collect()
}

/// Returns a row for a device that nobody has let in yet.
pub(super) fn stranger(key: &PublicKey, about: About, now: Millis) -> DeviceRow {
    DeviceRow {
        id: key.id().to_owned(),
        public_key: key.encode(),
        about,
        label: None,
        approved_via: String::new(),
        created_at: now,
        approved_at: now,
        last_seen_at: None,
        org: String::new(),
        actor: String::new(),
        grants: Vec::new(),
    }
}

/// Returns what a client says of itself.
pub(super) fn about(params: &ConnectParams) -> About {
    About {
        display_name: params.client.display_name.clone(),
        platform: Some(params.client.platform.clone()),
        device_family: params.client.device_family.clone(),
        client_id: Some(params.client.id.clone()),
        client_mode: Some(params.client.mode.clone()),
    }
}
