//! The task engine, with whoever hears of its runs.

use std::net::SocketAddr;
use std::sync::Arc;

use schemas::Clock;
use tokio::sync::Notify;

use super::{StartError, bell, roster};
use crate::chat::Chat;
use crate::config::{Agents, Config};
use crate::schedule;
use crate::security::Security;
use crate::store::Store;
use crate::supervise::Jobs;
use crate::tasks::{Engine, Parts};

/// Builds it; nothing runs yet.
pub(super) fn open(
    config: &Config,
    (agents, agents_at): (&Agents, SocketAddr),
    (store, clock, jobs): (&Store, &Clock, &Jobs),
    (security, chat, ended): (&Arc<Security>, &Chat, &Arc<Notify>),
) -> Result<Arc<Engine>, StartError> {
    let engine = Engine::new(Parts {
        audience: Arc::new(bell::Bell {
            audience: Arc::new(chat.clone()),
            ends: vec![(schedule::RUNS, Arc::clone(ended))],
        }),
        carriers: roster::carriers(chat, &config.state_dir),
        roster: roster::roster(agents),
        state_dir: config.state_dir.clone(),
        queue_mode: config.sessions.queue_mode,
        queue_cap: config.sessions.queue_cap,
        passes: Arc::clone(security.passes()),
        tools_url: format!("http://{agents_at}/mcp"),
        store: store.clone(),
        clock: clock.clone(),
        jobs: jobs.clone(),
    })?;
    chat.attach(&engine);
    Ok(engine)
}
