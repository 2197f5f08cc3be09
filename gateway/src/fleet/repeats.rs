//! Calls that were made already under the same key: the node is asked once, and each repeat gets the first answer
//! (protocol 4.1).
//!
//! Kept in memory for five minutes: answers may be whole pictures, and after a restart of the gateway nobody can say
//! any more what a node did.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::bounds::{MAX_NODE_REPEAT_BYTES, MAX_NODE_REPEATS};
use schemas::error::{DetailCode, WireError};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Answered, Invocation};
use crate::security::Principal;

type Hash = [u8; 32];
/// Organisation, actor and key.
type Name = Arc<(String, String, String)>;
type Outcome = Result<Answered, WireError>;
type Told = watch::Receiver<Option<Arc<Outcome>>>;

#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    by_key: HashMap<Name, Slot>,
    /// Those that are done, oldest first, with their size.
    done: VecDeque<(Instant, Name, usize)>,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    hash: Hash,
    told: Told,
}

impl Repeats {
    /// Runs `work` unless this key was used before; then the first answer counts. A call that failed before the node was
    /// asked may be repeated.
    pub(super) async fn once(
        &self,
        who: &Principal,
        call: &Invocation,
        work: impl Future<Output = Outcome>,
    ) -> Outcome {
        let Some(key) = call.idempotency_key.clone() else { return work.await };
        let name: Name = Arc::new((who.org.to_string(), who.actor.to_string(), key));
        let hash = digest(call);
        let (tell, told) = watch::channel(None);
        loop {
            let Some(mut first) = self.claim(&name, hash, &told)? else { break };
            let outcome = first.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
            if let Some(outcome) = outcome {
                return (*outcome).clone();
            }
            // The first call came to nothing: this one is the first now.
        }
        let mut claim = Claim { repeats: self, name: Arc::clone(&name), kept: false };
        let outcome = work.await;
        if !outcome.as_ref().is_err_and(|error| !was_dispatched(error)) {
            claim.kept = true;
            let size = outcome.as_ref().map_or(0, |answered| answered.payload_json.len() * 2);
            tell.send_replace(Some(Arc::new(outcome.clone())));
            self.slots().keep(&name, size);
        }
        outcome
    }

    /// Takes the key, or returns the call that has it.
    fn claim(&self, name: &Name, hash: Hash, told: &Told) -> Result<Option<Told>, WireError> {
        let mut slots = self.slots();
        slots.expire();
        let Some(slot) = slots.by_key.get(name) else {
            slots.by_key.insert(Arc::clone(name), Slot { hash, told: told.clone() });
            return Ok(None);
        };
        if slot.hash == hash {
            return Ok(Some(slot.told.clone()));
        }
        let text = "/idempotencyKey: this key was used with other params; take a new key";
        Err(WireError::invalid(text).detail(DetailCode::IdempotencyConflict))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn keep(&mut self, name: &Name, size: usize) {
        self.done.push_back((Instant::now(), Arc::clone(name), size));
        self.bytes += size;
        self.expire();
    }

    /// Forgets what is too old or too much; running calls are never forgotten, and are bounded elsewhere.
    fn expire(&mut self) {
        while let Some((at, name, size)) = self.done.front()
            && (at.elapsed() > TTL
                || self.done.len() > MAX_NODE_REPEATS
                || self.bytes > MAX_NODE_REPEAT_BYTES)
        {
            self.by_key.remove(name);
            self.bytes -= size;
            self.done.pop_front();
        }
    }
}

/// Gives the key up when the call came to nothing or is dropped.
struct Claim<'a> {
    repeats: &'a Repeats,
    name: Name,
    kept: bool,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.repeats.slots().by_key.remove(&self.name);
        }
    }
}

/// Says whether a failed call may have done something.
pub(super) fn was_dispatched(error: &WireError) -> bool {
    error.details.as_ref().is_some_and(|details| details["nodeCommandDispatched"] == true)
}

fn digest(call: &Invocation) -> Hash {
    let mut hasher = Sha256::new();
    for text in [&call.node_id, &call.command, &call.params.to_string()] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

/// How long an answer is kept.
const TTL: Duration = Duration::from_mins(5);
