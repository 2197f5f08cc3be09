//! Same key, same answer: for methods that carry an idempotency key and make no task (protocol 4.1).
//!
//! Keys count per caller and method. A repeat while the first call runs joins it; a repeat with other params is
//! a conflict; a call that failed may be repeated. Answers are in memory and, so that they survive a restart, in
//! the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::Clock;
use schemas::bounds::{IDEMPOTENCY_TTL, MAX_IDEMPOTENCY_KEYS};
use schemas::clock::Millis;
use schemas::error::{DetailCode, WireError};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::table::Failure;
use crate::security::Principal;
use crate::store::{KeptAnswer, Store, StoreError, forget_answers, keep_answer, kept_answers};

type Hash = [u8; 32];
/// `None` while the first call runs; dropped without a value when it failed.
type Outcome = watch::Receiver<Option<Arc<[u8]>>>;

/// The answers given to idempotency keys.
#[derive(Debug)]
pub struct Idempotency {
    store: Store,
    clock: Clock,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_key: HashMap<Name, Slot>,
    order: VecDeque<(Millis, Name)>,
}

/// Organisation, caller, method, key.
type Name = Arc<(String, String, String, String)>;

#[derive(Clone, Debug)]
struct Slot {
    hash: Hash,
    outcome: Outcome,
}

impl Idempotency {
    /// Reads the answers that are still good.
    pub fn open(store: Store, clock: Clock) -> Result<Self, StoreError> {
        let since = clock.now() - ttl();
        let mut slots = Slots::default();
        for kept in store.read_now(|db| kept_answers(db, since, MAX_IDEMPOTENCY_KEYS))? {
            let hash = kept.hash.try_into().map_err(|_| StoreError::Corrupt { what: "digest of params" })?;
            let (_, outcome) = watch::channel(Some(Arc::from(kept.answer)));
            let name = Arc::new((kept.org, kept.actor, kept.method, kept.key));
            slots.insert(name, kept.at, Slot { hash, outcome });
        }
        store.write_later(move |db| forget_answers(db, since));
        Ok(Self { store, clock, slots: Mutex::new(slots) })
    }

    /// Runs `call` unless this key was used before; returns the first call's answer.
    pub async fn once(
        &self,
        who: &Principal,
        method: &str,
        key: String,
        params: &Value,
        call: impl Future<Output = Result<Vec<u8>, Failure>>,
    ) -> Result<Vec<u8>, Failure> {
        let name = Arc::new((who.org.to_string(), who.actor.to_string(), method.to_owned(), key));
        let hash = hash(params);
        let (told, outcome) = watch::channel(None);
        loop {
            let Some(first) = self.claim(&name, hash, &outcome)? else { break };
            if let Some(answer) = first.await {
                return Ok(answer.to_vec());
            }
            // The first call failed: this one is the first now.
        }
        let mut claim = Claim { idempotency: self, name: Arc::clone(&name), kept: false };
        let answer = call.await?;
        let kept = self.row(&name, hash, answer.clone());
        self.store.write(move |db| keep_answer(db, &kept)).await.map_err(WireError::from)?;
        claim.kept = true;
        told.send_replace(Some(Arc::from(answer.as_slice())));
        Ok(answer)
    }

    /// Takes the key, or returns the call that has it.
    fn claim(
        &self,
        name: &Name,
        hash: Hash,
        outcome: &Outcome,
    ) -> Result<Option<impl Future<Output = Option<Arc<[u8]>>> + use<>>, WireError> {
        let now = self.clock.now();
        let mut slots = self.slots();
        slots.expire(now - ttl());
        let Some(slot) = slots.by_key.get(name) else {
            slots.insert(Arc::clone(name), now, Slot { hash, outcome: outcome.clone() });
            return Ok(None);
        };
        if slot.hash != hash {
            let text = "/idempotencyKey: this key was used with other params; take a new key";
            return Err(WireError::invalid(text).detail(DetailCode::IdempotencyConflict));
        }
        let mut outcome = slot.outcome.clone();
        Ok(Some(
            async move { outcome.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone()) },
        ))
    }

    fn row(&self, name: &Name, hash: Hash, answer: Vec<u8>) -> KeptAnswer {
        let (org, actor, method, key) = (**name).clone();
        KeptAnswer { org, actor, method, key, hash: hash.to_vec(), answer, at: self.clock.now() }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the key up when the call fails or is dropped.
struct Claim<'a> {
    idempotency: &'a Idempotency,
    name: Name,
    kept: bool,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.idempotency.slots().by_key.remove(&self.name);
        }
    }
}

impl Slots {
    fn insert(&mut self, name: Name, at: Millis, slot: Slot) {
        self.order.push_back((at, Arc::clone(&name)));
        self.by_key.insert(name, slot);
    }

    /// Forgets what is too old or too much.
    fn expire(&mut self, before: Millis) {
        while let Some((at, name)) = self.order.front()
            && (*at < before || self.order.len() >= MAX_IDEMPOTENCY_KEYS)
        {
            self.by_key.remove(name);
            self.order.pop_front();
        }
    }
}

fn ttl() -> Millis {
    Millis::try_from(IDEMPOTENCY_TTL.as_millis()).unwrap_or(Millis::MAX)
}

/// Returns what params are the same by, in whatever order their keys are.
fn hash(params: &Value) -> Hash {
    let mut params = params.clone();
    params.sort_all_objects();
    Sha256::digest(params.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn open(dir: &tempfile::TempDir, clock: &Clock) -> Idempotency {
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        Idempotency::open(store, clock.clone()).expect("open")
    }

    #[tokio::test]
    async fn one_effect_however_often_asked_also_after_a_restart() {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual(1_000_000);
        let (who, ran) = (Principal::gateway(), AtomicU32::new(0));
        let call = async || {
            ran.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(b"{\"n\":1}".to_vec())
        };
        let params = json!({"label": "a", "agentId": "main"});
        let answers = open(&dir, &clock);
        let (one, two) = tokio::join!(
            answers.once(&who, "m", "k".into(), &params, call()),
            answers.once(&who, "m", "k".into(), &params, call()),
        );
        assert_eq!((one.ok(), two.ok()), (Some(b"{\"n\":1}".to_vec()), Some(b"{\"n\":1}".to_vec())));
        let answers = open(&dir, &clock);
        let turned = json!({"agentId": "main", "label": "a"});
        assert_ne!(turned.to_string(), params.to_string());
        answers.once(&who, "m", "k".into(), &turned, call()).await.expect("kept");
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        let other = answers.once(&who, "m", "k".into(), &json!({"label": "b"}), call()).await;
        assert!(other.is_err_and(|failure| failure.error.message.contains("/idempotencyKey")));
        let someone = Principal { actor: "device:x".into(), ..Principal::gateway() };
        answers.once(&someone, "m", "k".into(), &json!({"label": "b"}), call()).await.expect("its own");
        clock.advance(ttl() + 1);
        answers.once(&who, "m", "k".into(), &params, call()).await.expect("forgotten");
        assert_eq!(ran.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_failed_call_may_be_repeated() {
        let dir = tempfile::tempdir().expect("a folder");
        let answers = open(&dir, &Clock::manual(1_000_000));
        let who = Principal::gateway();
        let fails = async { Err(WireError::unavailable("later").into()) };
        assert!(answers.once(&who, "m", "k".into(), &Value::Null, fails).await.is_err());
        let works = async { Ok(b"1".to_vec()) };
        assert!(answers.once(&who, "m", "k".into(), &Value::Null, works).await.is_ok());
    }
}
