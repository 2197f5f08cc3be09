//! Connected nodes: what each offers, what of that was approved, and asking them to do something (protocol 7.1, 8).
//!
//! All of it is in memory; each change is handed to the store in the order in which it was made. A node's connection
//! holds a [`Seat`]. The newest connection of a key has it: the one before is closed, its late answers count for
//! nothing, and its end does not touch the newer one.

mod commands;
mod connect;
mod exec;
mod invoke;
mod leave;
mod list;
mod pairing;
mod platform;
mod refusal;
mod repeats;
mod reply;
mod state;
mod surface;
#[cfg(test)]
mod tests;
mod told;
mod typed;
mod work;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use schemas::Clock;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use crate::approvals::Approvals;
use crate::config::NodeCommands;
use crate::hub::Hub;
use crate::store::nodes::{load_nodes, load_work};
use crate::store::{Store, StoreError};

use commands::Rules;
use repeats::Repeats;
use state::State;

pub use connect::{Arrival, Seat};
pub use state::Watch;

/// What the nodes' part is built of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The connections.
    pub hub: Arc<Hub>,
    /// The registry of permissions.
    pub approvals: Approvals,
    /// The owner's lists.
    pub commands: NodeCommands,
}

/// Connected nodes, and those that were connected once.
#[derive(Debug)]
pub struct Fleet {
    store: Store,
    clock: Clock,
    hub: Arc<Hub>,
    approvals: Approvals,
    /// Replaced as a whole when the owner's lists change.
    rules: RwLock<Arc<Rules>>,
    repeats: Repeats,
    /// A plain mutex: it is held for look-ups and small changes, never across I/O.
    state: Mutex<State>,
}

/// Something that a node is to do.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The node.
    pub node_id: String,
    /// The command.
    pub command: String,
    /// Its arguments; `null`: none.
    pub params: Value,
    /// How long to wait; half a minute if absent.
    pub timeout: Option<Duration>,
    /// The caller's key, which the node is told.
    pub idempotency_key: Option<String>,
    /// The conversation on whose behalf.
    pub session_key: Option<String>,
}

/// What a node answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer.
    pub payload: Value,
    /// The same as text.
    pub payload_json: String,
}

impl Fleet {
    /// Reads what the store knows of nodes.
    pub fn open(parts: Parts) -> Result<Self, StoreError> {
        let Parts { store, clock, hub, approvals, commands } = parts;
        let state = State::of(store.read_now(load_nodes)?, store.read_now(load_work)?);
        Ok(Self {
            rules: RwLock::new(Arc::new(Rules::new(&commands))),
            state: Mutex::new(state),
            repeats: Repeats::default(),
            store,
            clock,
            hub,
            approvals,
        })
    }

    /// Puts the owner's lists in force: from the next call on.
    pub fn apply(&self, commands: &NodeCommands) {
        let rules = Arc::new(Rules::new(commands));
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A panic while the lock was held leaves whole rows, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
