//! `health`: a snapshot that lies ready as bytes and is at most a second old (protocol 5.2).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use schemas::event::Event;
use schemas::frame::write_json;
use schemas::snapshot::{AgentHealth, AgentHeartbeat, Health, RecentSession, SessionsHealth};

use super::channel_health;
use crate::methods::Services;
use crate::store::DEFAULT_ORG;
use crate::store::sessions::{self, ListFilter};

/// The health state as bytes.
#[derive(Debug, Default)]
pub struct HealthBoard {
    built: Mutex<Option<(Bytes, Instant)>>,
}

/// Answers `health`.
pub fn health(services: &Services) -> Bytes {
    services.health.bytes(services)
}

impl HealthBoard {
    /// Returns the state as JSON, at most a second old.
    pub fn bytes(&self, services: &Services) -> Bytes {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match built.as_ref() {
            Some((bytes, at)) if at.elapsed() < FRESH => bytes.clone(),
            _ => {
                let bytes = Bytes::from(build(services));
                *built = Some((bytes.clone(), Instant::now()));
                services.hub.presence.health_changed();
                bytes
            }
        }
    }

    /// Rebuilds the state and tells everyone.
    pub fn publish(&self, services: &Services) {
        *self.built.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let bytes = self.bytes(services);
        if let Ok(payload) = serde_json::from_slice::<&serde_json::value::RawValue>(&bytes) {
            services.hub.publish(Event::Health, &payload, Some(services.hub.presence.versions()));
        }
    }
}

fn build(services: &Services) -> Vec<u8> {
    let began = Instant::now();
    let sessions = recent(services, None);
    let agents = services.agents.iter().map(|agent| AgentHealth {
        agent_id: agent.name.clone(),
        is_default: agent.name == services.agents.default_name(),
        heartbeat: AgentHeartbeat::none(),
        sessions: recent(services, Some(&agent.name)),
    });
    let mut health = Health {
        ok: true,
        ts: services.clock.now(),
        channels: std::collections::BTreeMap::new(),
        channel_order: Vec::new(),
        channel_labels: std::collections::BTreeMap::new(),
        heartbeat_seconds: 0,
        default_agent_id: services.agents.default_name().to_owned(),
        agents: agents.collect(),
        sessions,
        duration_ms: 0,
    };
    channel_health::add(&mut health, services);
    health.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut bytes = Vec::with_capacity(1024);
    write_json(&mut bytes, &health);
    bytes
}

/// Returns the count and the latest conversations, of one agent or of all.
pub(super) fn recent(services: &Services, agent: Option<&str>) -> SessionsHealth {
    let now = services.clock.now();
    let filter = ListFilter { agent: agent.map(str::to_owned), limit: RECENT, ..ListFilter::default() };
    let listed = services.store.read_now(|db| sessions::list(db, DEFAULT_ORG, &filter));
    // Health must answer also when the database does not; `/readyz` tells that it does not.
    let (latest, count) = listed.unwrap_or_default();
    let latest = latest.into_iter().map(|session| RecentSession {
        key: session.key,
        updated_at: session.updated_at,
        age: now - session.updated_at,
    });
    SessionsHealth { path: services.store.path().display().to_string(), count, recent: latest.collect() }
}

/// Age up to which a snapshot is good.
const FRESH: Duration = Duration::from_secs(1);
/// Conversations listed.
const RECENT: u32 = 5;
