//! What a handler is given: who calls, and the parts of the gateway it may use.

use std::sync::Arc;

use bytes::Bytes;
use schemas::error::WireError;
use schemas::frame::{write_json, write_ok};
use schemas::session::SessionKey;
use schemas::{Clock, Scope};
use serde::Serialize;

use crate::chat::Chat;
use crate::hub::{Hub, Member};
use crate::security::Principal;
use crate::store::{Store, StoreError};
use crate::tasks::Engine;

/// The parts of the gateway that methods use. Built once, in `app.rs`.
#[derive(Debug)]
pub struct Services {
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// The connections.
    pub hub: Arc<Hub>,
    /// The tasks.
    pub engine: Arc<Engine>,
    /// The conversations.
    pub chat: Chat,
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
