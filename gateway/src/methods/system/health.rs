//! `health`: a snapshot that lies ready as bytes, rebuilt when something changed (protocol 5.2).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use schemas::event::Event;
use schemas::frame::write_json;
use schemas::snapshot::{AgentHealth, AgentHeartbeat, Health, RecentSession, SessionsHealth};

use crate::methods::Services;

/// The health state as bytes.
#[derive(Debug, Default)]
pub struct HealthBoard {
    built: Mutex<Option<(Bytes, Instant)>>,
    /// Something changed since it was built.
    stale: AtomicBool,
}

/// Answers `health`.
pub fn health(services: &Services) -> Bytes {
    services.health.bytes(services)
}

impl HealthBoard {
    /// Notes that the state changed; it is rebuilt when somebody asks, at most once a second.
    pub fn touch(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }

    /// Returns the state as JSON.
    pub fn bytes(&self, services: &Services) -> Bytes {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match built.as_ref() {
            Some((bytes, at)) if !self.stale.load(Ordering::Relaxed) || at.elapsed() < FRESH => bytes.clone(),
            _ => {
                self.stale.store(false, Ordering::Relaxed);
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
    let sessions = sessions(services, None);
    let agents = services.agents.iter().map(|agent| AgentHealth {
        agent_id: agent.name.clone(),
        is_default: agent.name == services.agents.default_name(),
        heartbeat: AgentHeartbeat::none(),
        sessions: self::sessions(services, Some(&agent.name)),
    });
    let health = Health {
        ok: true,
        ts: services.clock.now(),
        channels: std::collections::BTreeMap::new(),
        channel_order: Vec::new(),
        channel_labels: std::collections::BTreeMap::new(),
        heartbeat_seconds: 0,
        default_agent_id: services.agents.default_name().to_owned(),
        agents: agents.collect(),
        sessions,
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let mut bytes = Vec::with_capacity(1024);
    write_json(&mut bytes, &health);
    bytes
}

/// Returns the count and the latest conversations, of one agent or of all.
pub(super) fn sessions(services: &Services, agent: Option<&str>) -> SessionsHealth {
    let now = services.clock.now();
    let (count, recent) = services.chat.recent_sessions(agent, RECENT);
    let recent =
        recent.into_iter().map(|(key, updated_at)| RecentSession { key, updated_at, age: now - updated_at });
    SessionsHealth { path: services.store.path().display().to_string(), count, recent: recent.collect() }
}

/// Age up to which a snapshot is good although something changed.
const FRESH: Duration = Duration::from_secs(1);
/// Conversations listed.
const RECENT: usize = 5;
