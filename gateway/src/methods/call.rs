//! What a handler is given: who calls, and the parts of the gateway it may use.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use schemas::agent::ExecutorKind;
use schemas::connect::SessionDefaults;
use schemas::error::WireError;
use schemas::frame::{write_json, write_ok};
use schemas::session::{MAIN_KEY, SessionKey};
use schemas::{Clock, Scope};
use serde::Serialize;

use super::idempotency::Idempotency;
use super::system::HealthBoard;
use crate::approvals::Approvals;
use crate::bridge::{Bridge, Roster};
use crate::canvas::Canvas;
use crate::chat::Chat;
use crate::config::{Agents, ConfigFile, WriteLimiter};
use crate::fleet::Fleet;
use crate::hooks::Hooks;
use crate::hub::{Hub, Member};
use crate::security::{Principal, Security};
use crate::schedule::Schedules;
use crate::store::{Store, StoreError};
use crate::supervise::Jobs;
use crate::tasks::Engine;
use crate::work::Workers;

/// The parts of the gateway that methods use. Built once, in `app.rs`.
#[derive(Debug)]
pub struct Services {
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// The connections.
    pub hub: Arc<Hub>,
    /// Who may come in.
    pub security: Arc<Security>,
    /// Nodes.
    pub fleet: Arc<Fleet>,
    /// What agents draw.
    pub canvas: Canvas,
    /// Machines that perform tasks.
    pub workers: Arc<Workers>,
    /// Tasks and their runs.
    pub engine: Arc<Engine>,
    /// Conversations.
    pub chat: Chat,
    /// Requests for permission.
    pub approvals: Approvals,
    /// Calls of other programs.
    pub hooks: Hooks,
    /// Runs that the clock starts.
    pub schedules: Schedules,
    /// The agents that can run.
    pub agents: Agents,
    /// The configuration file.
    pub config: ConfigFile,
    /// Counts changes of the configuration.
    pub config_writes: WriteLimiter,
    /// Answers given to idempotency keys.
    pub idempotency: Idempotency,
    /// Conversations on chat platforms.
    pub bridge: Bridge,
    /// The accounts on chat platforms, as configured.
    pub roster: Roster,
    /// Background jobs.
    pub jobs: Jobs,
    /// The `health` snapshot.
    pub health: HealthBoard,
    /// The log that `logs.tail` reads.
    pub log_file: PathBuf,
    /// The state directory.
    pub state_dir: PathBuf,
    /// Whether a proxy stands in front, which shows a certificate of its own.
    pub behind_proxy: bool,
    /// Whether programs on this machine may read `/metrics` without a token.
    pub metrics_public_on_loopback: bool,
    /// When the gateway started.
    pub started: Instant,
}

impl Services {
    /// Returns the time since the start in milliseconds.
    pub fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Says where a message goes when no session is named.
    pub fn session_defaults(&self) -> SessionDefaults {
        let default = self.agents.default_agent();
        SessionDefaults {
            default_agent_id: default.name.clone(),
            main_key: MAIN_KEY.to_owned(),
            main_session_key: SessionKey::main(&default.name).to_string(),
            scope: "per-sender".to_owned(),
            model_configured: default.executor != ExecutorKind::Builtin,
        }
    }
}

/// One request on its way through a handler.
#[derive(Clone, Debug)]
pub struct Call {
    /// The parts of the gateway.
    pub services: Arc<Services>,
    /// The connection it came in on.
    pub member: Arc<Member>,
    /// The request's id.
    pub id: Arc<str>,
}

impl Call {
    /// Returns who calls.
    pub fn who(&self) -> &Principal {
        &self.member.principal
    }

    /// Refuses a caller without `scope`; for methods whose need depends on their params.
    pub fn require(&self, scope: Scope) -> Result<(), WireError> {
        if self.who().has(scope) { Ok(()) } else { Err(WireError::missing_scope(scope)) }
    }

    /// Answers ahead of the handler's end if the caller is `device` itself: what follows closes its connection.
    pub fn answer_own<T: Serialize>(&self, device: &str, output: &T) {
        if self.who().device.as_deref() == Some(device) {
            self.respond_first(output);
        }
    }

    /// Sends the first of two responses under the request's id (protocol 4); the handler returns the second.
    pub fn respond_first<T: Serialize>(&self, output: &T) {
        let mut payload = Vec::new();
        write_json(&mut payload, output);
        let mut frame = Vec::with_capacity(payload.len() + 96);
        write_ok(&mut frame, &self.id, &payload);
        self.member.outbox.push_frame(Bytes::from(frame));
    }
}

/// Reads a session key parameter; `field` names it in the error.
pub fn session_key(text: &str, agent: Option<&str>, field: &str) -> Result<SessionKey, WireError> {
    SessionKey::parse(text, agent).map_err(|error| WireError::invalid(format!("/{field}: {error}")))
}

impl From<StoreError> for WireError {
    /// The caller learns that it was our fault; the log has the cause.
    fn from(error: StoreError) -> Self {
        internal(&error)
    }
}

/// Logs an error of ours with its causes and returns what the caller may know of it.
pub fn internal(error: &(dyn std::error::Error + 'static)) -> WireError {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        chain.push_str(": ");
        chain.push_str(&next.to_string());
        cause = next.source();
    }
    tracing::error!(error = %chain, "A request failed through our fault");
    WireError::new(schemas::ErrorCode::InternalError, "internal error; the gateway's log has the cause")
}
