//! Requests to be paired: made, refreshed, superseded, expired, approved, rejected (protocol 7.2).
//!
//! A request never changes once somebody may have seen it. A device that asks for anything else makes a new
//! one, with another id, which is the digest of what it asks, so that nobody approves what they were not shown.

use std::sync::Arc;

use schemas::bounds::{MAX_PENDING_PAIRINGS, PAIRING_TTL};
use schemas::clock::Millis;
use schemas::device::PublicKey;
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::event::Event;
use schemas::methods::devices::{
    DevicePairApproveOutput, DevicePairRejectOutput, PairingRequest, PairingResolved,
};
use schemas::{Role, Scope, Scopes};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::admit::Visit;
use super::enter::SEEN_INTERVAL;
use super::refusal::{Reason, Refusal};
use super::state::{Approver, State, stranger, widen};
use super::throttle::{Kind, millis};
use super::{Principal, Security, custody};
use crate::store::{
    About, DEFAULT_ORG, PendingRow, Saving, append_audit, put_device, put_pending, remove_bootstrap,
    remove_pending,
};

impl Security {
    /// Notes what a device asks and returns the refusal that tells it to wait.
    pub(super) fn ask(
        &self,
        state: &mut State,
        visit: &Visit<'_>,
        key: &Arc<PublicKey>,
        reason: Reason,
        knew_secret: bool,
    ) -> Refusal {
        self.expire(state, visit.now);
        let has = state.devices.get(key.id()).map(super::state::Known::rights).unwrap_or_default();
        let request = request(visit, key, reason);
        let expires_at = visit.now + millis(PAIRING_TTL);
        let before = state.pending.iter_mut().find(|row| row.request.device_id == key.id());
        if let Some(row) = before.filter(|row| row.request.request_id == request.request_id) {
            row.request.ts = visit.now;
            row.expires_at = expires_at;
            row.knew_secret |= knew_secret;
            let refusal = Refusal::pairing(reason, &row.request, has);
            self.write_pending(row.clone());
            return refusal;
        }
        if !knew_secret {
            self.throttle.failed(Kind::Pairing, &visit.source);
        }
        self.settle(state, key.id(), "rejected");
        if !self.make_room(state, knew_secret) {
            return Refusal::too_many_requests();
        }
        let refusal = Refusal::pairing(reason, &request, has);
        self.hub.publish(Event::DevicePairRequested, &request, None);
        let actor = format!("device:{}", key.id());
        let row = PendingRow { request, knew_secret, expires_at, org: DEFAULT_ORG.into(), actor };
        self.write_pending(row.clone());
        state.pending.push(row);
        refusal
    }

    /// Nobody is told that a request is durable, so nobody waits for it.
    fn write_pending(&self, row: PendingRow) {
        self.store.write_later(move |db| put_pending(db, &row));
    }

    /// Makes room for one more request. Those that showed no secret give way to those that did, so that
    /// strangers cannot keep the owner's devices out.
    fn make_room(&self, state: &mut State, knew_secret: bool) -> bool {
        if state.pending.len() < MAX_PENDING_PAIRINGS {
            return true;
        }
        let stranger =
            state.pending.iter().find(|row| !row.knew_secret).map(|row| row.request.device_id.clone());
        let Some(device) = stranger.filter(|_| knew_secret) else { return false };
        self.settle(state, &device, "rejected");
        true
    }

    /// Ends a device's request, if it has one.
    pub(super) fn settle(&self, state: &mut State, device: &str, decision: &str) {
        let Some(index) = state.pending.iter().position(|row| row.request.device_id == device) else {
            return;
        };
        let row = state.pending.remove(index);
        let id = row.request.request_id.clone();
        self.store.write_later(move |db| remove_pending(db, &id));
        self.resolved(row.request.request_id, row.request.device_id, decision);
    }

    pub(super) fn resolved(&self, request_id: String, device_id: String, decision: &str) {
        let ts = self.clock.now();
        let payload = PairingResolved { request_id, device_id, decision: decision.into(), ts };
        self.hub.publish(Event::DevicePairResolved, &payload, None);
    }

    /// Forgets requests, setup codes and links that have run out, and writes when devices were here; to be called now
    /// and then.
    pub fn sweep(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        self.expire(&mut state, now);
        self.write_seen(&mut state, now);
    }

    /// Writes the times of devices, once a minute for each, in one go: when they were seen, when their tokens were used.
    fn write_seen(&self, state: &mut State, now: Millis) {
        let State { devices, unwritten, .. } = state;
        unwritten.retain(|id| {
            let Some(known) = devices.get_mut(id) else { return false };
            if now - known.seen_written_at < SEEN_INTERVAL {
                return true;
            }
            known.seen_written_at = now;
            drop(self.save(known, Vec::new()));
            false
        });
    }

    pub(super) fn expire(&self, state: &mut State, now: Millis) {
        let over = |row: &&PendingRow| row.expires_at <= now;
        let devices: Vec<_> =
            state.pending.iter().filter(over).map(|row| row.request.device_id.clone()).collect();
        for device in devices {
            self.settle(state, &device, "rejected");
        }
        state.bootstraps.retain(|row| {
            let id = row.id.clone();
            let good = row.expires_at > now;
            if !good {
                self.store.write_later(move |db| remove_bootstrap(db, &id));
            }
            good
        });
    }

    /// Lets a waiting device have what it asks for.
    ///
    /// The device gets its token when it connects next; until then its key alone lets it in.
    pub async fn approve(&self, who: &Principal, id: &str) -> Result<DevicePairApproveOutput, WireError> {
        let (output, saving) = self.approve_now(who, id)?;
        saving.done().await?;
        Ok(output)
    }

    fn approve_now(&self, who: &Principal, id: &str) -> Result<(DevicePairApproveOutput, Saving), WireError> {
        self.must_pair(who, "device.pair.approve", id)?;
        let now = self.clock.now();
        let mut state = self.state();
        self.expire(&mut state, now);
        let index =
            state.pending.iter().position(|row| row.request.request_id == id).ok_or_else(no_request)?;
        let pending = state.pending[index].clone();
        let request = &pending.request;
        let key = PublicKey::decode(&request.public_key).ok_or_else(no_request)?;
        let role: Role = request.role.parse().map_err(|_| no_request())?;
        let known = state.devices.get(&request.device_id);
        let mut row = known.map_or_else(|| stranger(&key, About::default(), now), |known| known.row.clone());
        let approver = Approver { actor: &who.actor, org: &who.org, scopes: who.reach, via: "owner" };
        widen(&mut row, &approver, role, Scopes::parse(&request.scopes), now).map_err(|lacking| {
            self.denied(
                who,
                "device.pair.approve",
                &request.device_id,
                format!("lacks {}", lacking.join(" ")),
            );
            not_yours(&lacking)
        })?;
        row.about = about(request);
        for grant in row.grants.iter_mut().filter(|grant| grant.role == role) {
            grant.owed_until = now + OWED_TTL;
        }
        state.pending.remove(index);
        match state.devices.get_mut(&request.device_id) {
            Some(known) => known.row = row.clone(),
            None => drop(state.insert(row.clone(), Arc::new(key))),
        }
        let detail = format!("{role} {} request {id}", request.scopes.join(" "));
        let entry = self.entry(who, "device.pair.approve", &request.device_id, detail);
        let request_id = request.request_id.clone();
        let saved = row.clone();
        let saving = self.store.write_in_order(move |db| {
            put_device(db, &saved)?;
            remove_pending(db, &request_id)?;
            append_audit(db, &entry)
        });
        drop(state);
        self.resolved(id.to_owned(), row.id.clone(), "approved");
        let device = custody::shown(&row, self.hub.is_connected(&row.id));
        Ok((DevicePairApproveOutput { request_id: id.to_owned(), device }, saving))
    }

    /// Refuses a waiting device.
    pub async fn reject(&self, who: &Principal, id: &str) -> Result<DevicePairRejectOutput, WireError> {
        self.must_pair(who, "device.pair.reject", id)?;
        let (device, saving) = {
            let mut state = self.state();
            self.expire(&mut state, self.clock.now());
            let found = state.pending.iter().find(|row| row.request.request_id == id);
            let device = found.map(|row| row.request.device_id.clone()).ok_or_else(no_request)?;
            self.settle(&mut state, &device, "rejected");
            let entry = self.entry(who, "device.pair.reject", &device, id);
            (device, self.store.write_in_order(move |db| append_audit(db, &entry)))
        };
        saving.done().await?;
        Ok(DevicePairRejectOutput { request_id: id.to_owned(), device_id: device })
    }

    fn must_pair(&self, who: &Principal, action: &str, target: &str) -> Result<(), WireError> {
        if who.has(Scope::Pairing) {
            return Ok(());
        }
        self.denied(who, action, target, "lacks operator.pairing");
        Err(WireError::missing_scope(Scope::Pairing))
    }
}

/// Returns the request of a visit, named by its digest.
fn request(visit: &Visit<'_>, key: &PublicKey, reason: Reason) -> PairingRequest {
    let client = &visit.attempt.params.client;
    let request = PairingRequest {
        request_id: String::new(),
        device_id: key.id().to_owned(),
        public_key: key.encode(),
        display_name: client.display_name.clone(),
        platform: Some(client.platform.clone()),
        device_family: client.device_family.clone(),
        client_id: Some(client.id.clone()),
        client_mode: Some(client.mode.clone()),
        role: visit.role.to_string(),
        scopes: visit.asked.names(),
        remote_ip: Some(visit.attempt.peer.ip.to_canonical().to_string()),
        is_repair: reason != Reason::NotPaired,
        ts: visit.now,
    };
    PairingRequest { request_id: digest(&request), ..request }
}

fn about(request: &PairingRequest) -> About {
    About {
        display_name: request.display_name.clone(),
        platform: request.platform.clone(),
        device_family: request.device_family.clone(),
        client_id: request.client_id.clone(),
        client_mode: request.client_mode.clone(),
    }
}

/// Returns 128 bits of SHA-256, in hex, over all that a request asks and shows, but for its id and time. Each
/// field has its length before it: no two requests share a digest by moving a letter.
pub(super) fn digest(request: &PairingRequest) -> String {
    let scopes = request.scopes.join(" ");
    let repair = request.is_repair.to_string();
    let fields = [
        Some("landline pairing request v1"),
        Some(&request.device_id),
        Some(&request.public_key),
        request.display_name.as_deref(),
        request.platform.as_deref(),
        request.device_family.as_deref(),
        request.client_id.as_deref(),
        request.client_mode.as_deref(),
        Some(&request.role),
        Some(&scopes),
        request.remote_ip.as_deref(),
        Some(&repair),
    ];
    let mut hasher = Sha256::new();
    for field in fields {
        let length = field.map_or(u64::MAX, |text| text.len() as u64);
        hasher.update(length.to_be_bytes());
        hasher.update(field.unwrap_or_default());
    }
    hex::encode(&hasher.finalize()[..16])
}

fn no_request() -> WireError {
    WireError::not_found(
        "no such pairing request: it ran out after five minutes, was decided, or the device asked anew; \
         run `landline devices list`",
    )
}

/// The refusal for an approver who would give what they do not have.
fn not_yours(lacking: &[String]) -> WireError {
    let names = lacking.join(", ");
    let message =
        format!("missing scope: {names}; nobody can give what they do not have: ask someone who has it");
    WireError::new(ErrorCode::Forbidden, message).details(json!({
        "code": DetailCode::MissingScope, "missingScope": lacking.first(), "requiredScopes": lacking,
    }))
}

/// Time in which an approved device can fetch its token with its key alone.
const OWED_TTL: Millis = 24 * 3_600_000;
