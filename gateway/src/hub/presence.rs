//! Who is here, for people: one entry a device, with a time to live (protocol 5.2).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::Clock;
use schemas::bounds::{MAX_PRESENCE, PRESENCE_TTL};
use schemas::clock::Millis;
use schemas::connect::ClientInfo;
use schemas::snapshot::{PresenceEntry, StateVersion};

use crate::security::Principal;

/// The presence list and its version.
#[derive(Debug)]
pub struct Presence {
    clock: Clock,
    version: AtomicU64,
    /// Version of the health state; here, because both travel together.
    health: AtomicU64,
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    shown: PresenceEntry,
    /// Open connections, so that roles shrink again when one of two closes.
    open: Vec<(String, Principal)>,
}

impl Presence {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, version: AtomicU64::new(1), health: AtomicU64::new(1), entries: Mutex::default() }
    }

    /// Adds the gateway's own entry.
    pub fn add_self(&self, host: String, version: &str) {
        let now = self.clock.now();
        let shown = PresenceEntry {
            ts: now,
            host: Some(host),
            version: Some(version.to_owned()),
            platform: Some(std::env::consts::OS.to_owned()),
            mode: Some("gateway".into()),
            reason: Some("self".into()),
            online_since: Some(now),
            ..PresenceEntry::default()
        };
        self.lock().push(Entry { key: SELF.into(), shown, open: Vec::new() });
    }

    /// Notes a new connection. Returns whether the list changed: one-shot programs are not shown.
    pub fn connected(&self, conn: &str, client: &ClientInfo, who: &Principal, ip: Option<String>) -> bool {
        if matches!(client.mode.as_str(), "cli" | "probe" | "backend" | "test") {
            return false;
        }
        let now = self.clock.now();
        let key = who.device.as_deref().or(client.instance_id.as_deref()).unwrap_or(conn).to_owned();
        let mut entries = self.lock();
        let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            entries.push(Entry { key, shown: PresenceEntry::default(), open: Vec::new() });
            entries.len() - 1
        });
        let Some(entry) = entries.get_mut(index) else { return false };
        entry.open.push((conn.to_owned(), who.clone()));
        entry.shown = PresenceEntry {
            ts: now,
            host: client.display_name.clone().or_else(|| Some(client.id.clone())),
            ip,
            version: Some(client.version.clone()),
            platform: Some(client.platform.clone()),
            device_family: client.device_family.clone(),
            model_identifier: client.model_identifier.clone(),
            time_zone: client.time_zone.clone(),
            mode: Some(client.mode.clone()),
            reason: Some("connect".into()),
            text: entry.shown.text.take(),
            online_since: entry.shown.online_since.or(Some(now)),
            device_id: who.device.as_deref().map(str::to_owned),
            instance_id: client.instance_id.clone(),
            ..PresenceEntry::default()
        };
        entry.show_grants();
        prune(&mut entries, now);
        self.changed();
        true
    }

    /// Notes the end of a connection. Returns whether the list changed.
    pub fn disconnected(&self, conn: &str) -> bool {
        let now = self.clock.now();
        let mut entries = self.lock();
        let Some(entry) = entries.iter_mut().find(|entry| entry.open.iter().any(|(id, _)| id == conn)) else {
            return false;
        };
        entry.open.retain(|(id, _)| id != conn);
        entry.shown.ts = now;
        if entry.open.is_empty() {
            entry.shown.reason = Some("disconnect".into());
            entry.shown.online_since = None;
        }
        entry.show_grants();
        prune(&mut entries, now);
        self.changed();
        true
    }

    /// Notes what a client told of its machine (`system-event`); without an entry of its own the gateway's
    /// shows it.
    pub fn told(&self, conn: &str, text: &str) {
        let now = self.clock.now();
        let mut entries = self.lock();
        let own = entries.iter().position(|entry| entry.open.iter().any(|(id, _)| id == conn));
        let index = own.or_else(|| entries.iter().position(|entry| entry.key == SELF));
        if let Some(entry) = index.and_then(|index| entries.get_mut(index)) {
            entry.shown.text = Some(text.to_owned());
            entry.shown.ts = now;
        }
        self.changed();
    }

    /// Drops entries without a sign of life and refreshes those that are connected. Returns whether any
    /// was dropped.
    pub fn refresh(&self) -> bool {
        let now = self.clock.now();
        let mut entries = self.lock();
        for entry in entries.iter_mut().filter(|entry| entry.is_here()) {
            entry.shown.ts = now;
        }
        let before = entries.len();
        prune(&mut entries, now);
        let dropped = entries.len() != before;
        if dropped {
            self.changed();
        }
        dropped
    }

    /// Returns the list, latest first.
    pub fn list(&self) -> Vec<PresenceEntry> {
        let mut list: Vec<_> = self.lock().iter().map(|entry| entry.shown.clone()).collect();
        list.sort_by_key(|entry| std::cmp::Reverse(entry.ts));
        list
    }

    /// Returns the versions of the list and of the health state.
    pub fn versions(&self) -> StateVersion {
        StateVersion {
            presence: self.version.load(Ordering::Relaxed),
            health: self.health.load(Ordering::Relaxed),
        }
    }

    /// Notes that the health state changed.
    pub fn health_changed(&self) {
        self.health.fetch_add(1, Ordering::Relaxed);
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_here(&self) -> bool {
        self.key == SELF || !self.open.is_empty()
    }

    fn show_grants(&mut self) {
        let roles: BTreeSet<_> = self.open.iter().map(|(_, who)| who.role.to_string()).collect();
        let scopes: BTreeSet<_> = self.open.iter().flat_map(|(_, who)| who.scopes.names()).collect();
        self.shown.roles = Some(roles.into_iter().collect());
        self.shown.scopes = Some(scopes.into_iter().collect());
    }
}

fn prune(entries: &mut Vec<Entry>, now: Millis) {
    let ttl = Millis::try_from(PRESENCE_TTL.as_millis()).unwrap_or(Millis::MAX);
    entries.retain(|entry| entry.is_here() || now - entry.shown.ts < ttl);
    while entries.len() > MAX_PRESENCE {
        let oldest = entries.iter().enumerate().filter(|(_, entry)| entry.key != SELF);
        let Some((index, _)) = oldest.min_by_key(|(_, entry)| (entry.is_here(), entry.shown.ts)) else {
            return;
        };
        entries.remove(index);
    }
}

const SELF: &str = "gateway";

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::{Role, Scopes};

    fn client(mode: &str) -> ClientInfo {
        serde_json::from_value(serde_json::json!(
            {"id": "app", "version": "1", "platform": "linux", "mode": mode}
        ))
        .expect("a client")
    }

    fn who(role: Role) -> Principal {
        Principal { role, scopes: Scopes::none(), device: Some("d1".into()), ..Principal::gateway() }
    }

    #[test]
    fn two_connections_of_a_device_are_one_row_with_both_roles_that_shrinks_again() {
        let clock = Clock::manual(1000);
        let presence = Presence::new(clock.clone());
        assert!(!presence.connected("c0", &client("cli"), &who(Role::Operator), None));
        presence.connected("c1", &client("ui"), &who(Role::Operator), None);
        presence.connected("c2", &client("node"), &who(Role::Node), None);
        let list = presence.list();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].roles, Some(vec!["node".to_owned(), "operator".to_owned()]));
        presence.disconnected("c2");
        assert_eq!(presence.list()[0].roles, Some(vec!["operator".to_owned()]));
        presence.disconnected("c1");
        assert_eq!(presence.list()[0].reason.as_deref(), Some("disconnect"));
        clock.advance(300_000);
        assert!(presence.refresh());
        assert!(presence.list().is_empty());
    }

    #[test]
    fn the_list_is_bounded() {
        let presence = Presence::new(Clock::manual(0));
        presence.add_self("here".into(), "1");
        for n in 0..MAX_PRESENCE + 50 {
            let who = Principal { device: None, ..who(Role::Operator) };
            presence.connected(&format!("c{n}"), &client("ui"), &who, None);
        }
        assert_eq!(presence.list().len(), MAX_PRESENCE);
        assert!(presence.list().iter().any(|entry| entry.mode.as_deref() == Some("gateway")));
    }
}
