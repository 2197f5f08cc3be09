//! What happens to paired devices: listing, naming, new tokens, ended tokens, removal.
//!
//! Every device may do this to itself; to others only an administrator (whoever may approve devices could
//! otherwise take over any of them). What ends a proof also ends the connections that came in with it.

use schemas::error::WireError;
use schemas::methods::devices::{
    DevicePairListOutput, DevicePairRemoveOutput, DevicePairRenameOutput, DeviceTokenParams,
    DeviceTokenRevokeOutput, DeviceTokenRotateOutput, DeviceTokenRotateParams, PairedDevice, TokenInfo,
};
use schemas::{Role, Scope, Scopes};

use super::state::{Known, State, lacking};
use super::{Principal, Security};
use crate::hub::Hub;
use crate::store::{DeviceRow, append_audit, remove_device};

impl Security {
    /// Returns who waits and who is paired; no token among it.
    pub fn list(&self) -> DevicePairListOutput {
        let mut state = self.state();
        self.expire(&mut state, self.clock.now());
        let pending = state.pending.iter().map(|row| row.request.clone()).collect();
        let rows: Vec<DeviceRow> = state.devices.values().map(|known| known.row.clone()).collect();
        drop(state);
        let here = self.hub.connected_devices();
        let mut paired: Vec<_> = rows.iter().map(|row| shown(row, here.contains(row.id.as_str()))).collect();
        paired.sort_by(|a, b| {
            b.approved_at_ms.cmp(&a.approved_at_ms).then_with(|| a.device_id.cmp(&b.device_id))
        });
        DevicePairListOutput { pending, paired }
    }

    /// Says whether a device has the node role and no other.
    pub fn is_only_node(&self, id: &str) -> bool {
        let state = self.state();
        let grants = state.devices.get(id).map(|known| known.row.grants.as_slice()).unwrap_or_default();
        !grants.is_empty() && grants.iter().all(|grant| grant.role == Role::Node)
    }

    /// Names a device.
    pub async fn rename(
        &self,
        who: &Principal,
        id: &str,
        label: &str,
    ) -> Result<DevicePairRenameOutput, WireError> {
        self.must_own(who, "device.pair.rename", id)?;
        let label = label.trim();
        if label.is_empty() || label.chars().any(char::is_control) {
            return Err(WireError::invalid("/label: give a name of visible characters on one line"));
        }
        let saving = {
            let mut state = self.state();
            let known = device(&mut state, id)?;
            known.row.label = Some(label.to_owned());
            self.save(known, vec![self.entry(who, "device.pair.rename", id, label)])
        };
        saving.done().await?;
        Ok(DevicePairRenameOutput { device_id: id.to_owned(), label: label.to_owned() })
    }

    /// Forgets a device and closes its connections. `answer` is called just before that, so that a device that
    /// removes itself still hears of it.
    pub async fn remove(
        &self,
        who: &Principal,
        id: &str,
        answer: impl FnOnce(&DevicePairRemoveOutput),
    ) -> Result<DevicePairRemoveOutput, WireError> {
        self.must_own(who, "device.pair.remove", id)?;
        let saving = {
            let mut state = self.state();
            device(&mut state, id)?;
            state.devices.remove(id);
            self.settle(&mut state, id, "removed");
            let entry = self.entry(who, "device.pair.remove", id, "");
            let id = id.to_owned();
            self.store.write_in_order(move |db| {
                remove_device(db, &id)?;
                append_audit(db, &entry)
            })
        };
        let output = DevicePairRemoveOutput { device_id: id.to_owned() };
        self.resolved(id.to_owned(), id.to_owned(), "removed");
        let closing = self.closing(who, id, None);
        saving.done().await?;
        answer(&output);
        drop(closing);
        Ok(output)
    }

    /// Replaces a device's token, never with more scopes, and closes the connections of that role. The new
    /// token is told to the device itself only; `answer` is called just before the connections close.
    pub async fn rotate(
        &self,
        who: &Principal,
        params: &DeviceTokenRotateParams,
        answer: impl FnOnce(&DeviceTokenRotateOutput),
    ) -> Result<DeviceTokenRotateOutput, WireError> {
        let id = params.device_id.as_str();
        self.must_own(who, "device.token.rotate", id)?;
        let role = role(&params.role)?;
        let scopes = params.scopes.as_deref().map(strict).transpose()?;
        let own = who.device.as_deref() == Some(id) && who.role == role;
        let now = self.clock.now();
        let (output, saving) = {
            let mut state = self.state();
            let epoch = state.next_epoch();
            let known = device(&mut state, id)?;
            let grant = known.grant_mut(role).ok_or_else(no_token)?;
            let lacking = lacking(grant.scopes, scopes.unwrap_or(grant.scopes));
            if !lacking.is_empty() {
                self.denied(who, "device.token.rotate", id, format!("asked for {}", lacking.join(" ")));
                return Err(wider(&lacking));
            }
            grant.scopes = scopes.unwrap_or(grant.scopes);
            grant.previous = None;
            grant.rotated_at = Some(now);
            grant.owed_until = 0;
            let names = grant.scopes.names();
            let token = known.issue(role, now).ok_or_else(no_token)?;
            known.epoch = epoch;
            let entry = self.entry(who, "device.token.rotate", id, format!("{role} {}", names.join(" ")));
            let output = DeviceTokenRotateOutput {
                device_id: id.to_owned(),
                role: role.to_string(),
                token: own.then_some(token),
                scopes: names,
                rotated_at_ms: now,
                token_delivery: if own { "in-band" } else { "withheld-cross-device" }.into(),
            };
            (output, self.save(known, vec![entry]))
        };
        let closing = self.closing(who, id, Some(role));
        saving.done().await?;
        answer(&output);
        drop(closing);
        Ok(output)
    }

    /// Ends a device's token and closes the connections of that role. Only an approval brings the role back.
    /// `answer` is called just before the connections close.
    pub async fn revoke(
        &self,
        who: &Principal,
        params: &DeviceTokenParams,
        answer: impl FnOnce(&DeviceTokenRevokeOutput),
    ) -> Result<DeviceTokenRevokeOutput, WireError> {
        let id = params.device_id.as_str();
        self.must_own(who, "device.token.revoke", id)?;
        let role = role(&params.role)?;
        let now = self.clock.now();
        let (output, saving) = {
            let mut state = self.state();
            let epoch = state.next_epoch();
            let known = device(&mut state, id)?;
            let found = known.row.grants.iter_mut().find(|grant| grant.role == role);
            let grant = found.ok_or_else(no_token)?;
            let revoked_at_ms = *grant.revoked_at.get_or_insert(now);
            (grant.token, grant.previous, grant.owed_until) = (None, None, 0);
            known.forget_handed(role);
            known.epoch = epoch;
            let entry = self.entry(who, "device.token.revoke", id, role.to_string());
            let output =
                DeviceTokenRevokeOutput { device_id: id.to_owned(), role: role.to_string(), revoked_at_ms };
            (output, self.save(known, vec![entry]))
        };
        let closing = self.closing(who, id, Some(role));
        saving.done().await?;
        answer(&output);
        drop(closing);
        Ok(output)
    }

    /// Closes a device's connections: at once, or if it is the caller's own when the returned guard is dropped,
    /// so that the answer can go ahead. A guard, because the caller may leave before the answer is ready.
    fn closing<'a>(&'a self, who: &Principal, device: &'a str, role: Option<Role>) -> Option<Closing<'a>> {
        let closing = Closing { hub: &self.hub, device, role };
        (who.device.as_deref() == Some(device)).then_some(closing)
    }

    fn must_own(&self, who: &Principal, action: &str, id: &str) -> Result<(), WireError> {
        if who.has(Scope::Admin) || (who.has(Scope::Pairing) && who.device.as_deref() == Some(id)) {
            return Ok(());
        }
        self.denied(who, action, id, "neither the device itself nor an administrator");
        Err(WireError::missing_scope(Scope::Admin))
    }
}

struct Closing<'a> {
    hub: &'a Hub,
    device: &'a str,
    role: Option<Role>,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.hub.close_device(self.device, self.role);
    }
}

/// Returns a device as lists show it.
pub(super) fn shown(row: &DeviceRow, connected: bool) -> PairedDevice {
    let live = row.grants.iter().filter(|grant| grant.revoked_at.is_none());
    let roles: Vec<String> = live.clone().map(|grant| grant.role.to_string()).collect();
    let tokens = row.grants.iter().filter_map(|grant| {
        Some(TokenInfo {
            role: grant.role.to_string(),
            scopes: grant.scopes.names(),
            created_at_ms: grant.issued_at?,
            rotated_at_ms: grant.rotated_at,
            revoked_at_ms: grant.revoked_at,
            last_used_at_ms: grant.used_at,
        })
    });
    PairedDevice {
        device_id: row.id.clone(),
        public_key: row.public_key.clone(),
        display_name: row.label.clone().or_else(|| row.about.display_name.clone()),
        platform: row.about.platform.clone(),
        device_family: row.about.device_family.clone(),
        client_id: row.about.client_id.clone(),
        client_mode: row.about.client_mode.clone(),
        role: roles.first().cloned(),
        roles,
        scopes: live.fold(Scopes::none(), |all, grant| all.union(grant.scopes)).names(),
        approved_via: row.approved_via.clone(),
        created_at_ms: row.created_at,
        approved_at_ms: row.approved_at,
        last_seen_at_ms: row.last_seen_at,
        connected,
        tokens: tokens.collect(),
    }
}

fn device<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Known, WireError> {
    let missing = || WireError::not_found("no such device; run `landline devices list`");
    state.devices.get_mut(id).ok_or_else(missing)
}

fn role(name: &str) -> Result<Role, WireError> {
    name.parse().map_err(|_| WireError::invalid("/role: use operator or node"))
}

/// Reads scopes of which each must exist here.
fn strict(names: &[String]) -> Result<Scopes, WireError> {
    let unknown = names.iter().any(|name| name.parse::<Scope>().is_err());
    if unknown {
        Err(WireError::invalid("/scopes: names an unknown scope"))
    } else {
        Ok(Scopes::parse(names))
    }
}

fn no_token() -> WireError {
    WireError::not_found("the device has no token for that role; run `landline devices list`")
}

fn wider(lacking: &[String]) -> WireError {
    let names = lacking.join(", ");
    WireError::invalid(format!(
        "/scopes: a new token cannot carry more than the old one ({names}); the device must ask"
    ))
}
