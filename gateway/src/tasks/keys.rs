//! Repeated requests: which key of whom named which task.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use schemas::bounds::{IDEMPOTENCY_TTL, MAX_IDEMPOTENCY_KEYS};
use schemas::clock::Millis;

/// Organisation, caller, key.
type Name = (Arc<str>, Arc<str>, String);

/// The keys of the newest tasks.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_name: HashMap<Name, Known>,
    /// Latest task of each run id, whoever asked.
    by_run: HashMap<(Arc<str>, String), i64>,
    order: VecDeque<(Name, i64)>,
}

/// What a key stands for.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The task.
    pub seq: i64,
    /// Digest of what was asked.
    pub hash: Vec<u8>,
    at: Millis,
}

impl Keys {
    /// Returns what `run_id` of this caller stands for.
    pub(super) fn find(&self, org: &Arc<str>, actor: &Arc<str>, run_id: &str, now: Millis) -> Option<&Known> {
        let known = self.by_name.get(&(Arc::clone(org), Arc::clone(actor), run_id.to_owned()))?;
        (now - known.at <= super::millis(IDEMPOTENCY_TTL)).then_some(known)
    }

    /// Returns the task of a run.
    pub(super) fn by_run(&self, org: &str, run_id: &str) -> Option<i64> {
        self.by_run.get(&(Arc::from(org), run_id.to_owned())).copied()
    }

    /// Remembers a key; the oldest one goes when there are too many.
    pub(super) fn insert(
        &mut self,
        org: Arc<str>,
        actor: Arc<str>,
        run_id: String,
        seq: i64,
        hash: Vec<u8>,
        at: Millis,
    ) {
        let name = (Arc::clone(&org), actor, run_id.clone());
        self.by_run.insert((org, run_id), seq);
        self.by_name.insert(name.clone(), Known { seq, hash, at });
        self.order.push_back((name, seq));
        while self.order.len() > MAX_IDEMPOTENCY_KEYS {
            let Some((name, seq)) = self.order.pop_front() else { break };
            self.remove(&name, seq);
        }
    }

    /// Forgets a key whose task was not stored.
    pub(super) fn forget(&mut self, org: &Arc<str>, actor: &Arc<str>, run_id: &str, seq: i64) {
        let name = (Arc::clone(org), Arc::clone(actor), run_id.to_owned());
        self.remove(&name, seq);
        self.order.retain(|(_, other)| *other != seq);
    }

    fn remove(&mut self, name: &Name, seq: i64) {
        if self.by_name.get(name).is_some_and(|known| known.seq == seq) {
            self.by_name.remove(name);
        }
        let run = (Arc::clone(&name.0), name.2.clone());
        if self.by_run.get(&run) == Some(&seq) {
            self.by_run.remove(&run);
        }
    }
}
