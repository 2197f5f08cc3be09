//! Tokens of workers that are no nodes: one a name, kept as a hash, shown once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::throttle::{Kind, Source};
use super::{Peer, Principal, Security, token};
use crate::store::workers::{WorkerToken, put_worker_token, remove_worker_token};
use crate::store::{AuditEntry, StoreError, TokenHash, append_audit};

/// A worker's token as it was shown: whose it is, and what tells later whether it is still good.
#[derive(Clone, Debug)]
pub struct WorkerPass {
    /// The worker's name.
    pub name: Arc<str>,
    hash: TokenHash,
}

/// The tokens, by what is kept of each. Looking one up by its hash tells nobody more than that it is wrong.
#[derive(Debug, Default)]
pub(super) struct WorkerTokens(Mutex<HashMap<TokenHash, Arc<str>>>);

impl WorkerTokens {
    pub(super) fn of(rows: Vec<WorkerToken>) -> Self {
        Self(Mutex::new(rows.into_iter().map(|row| (row.hash, row.name.into())).collect()))
    }

    fn replace(&self, name: &str, hash: Option<TokenHash>) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, known| **known != *name);
        if let Some(hash) = hash {
            tokens.insert(hash, name.into());
        }
    }
}

impl Security {
    /// Makes the token of a worker; the one before is no longer good.
    pub async fn create_worker_token(&self, who: &Principal, name: &str) -> Result<String, StoreError> {
        let made = format!("{PREFIX}{}", token::new_token());
        let row = WorkerToken {
            name: name.to_owned(),
            org: who.org.to_string(),
            actor: who.actor.to_string(),
            hash: token::hash(&made),
            created_at: self.clock.now(),
        };
        let (hash, entry) = (row.hash, self.worker_entry(who, "worker.token.create", name));
        self.store
            .write(move |db| {
                put_worker_token(db, &row)?;
                append_audit(db, &entry)
            })
            .await?;
        self.workers.replace(name, Some(hash));
        Ok(made)
    }

    /// Makes a worker's token invalid; says whether there was one.
    pub async fn revoke_worker_token(&self, who: &Principal, name: &str) -> Result<bool, StoreError> {
        let (row, entry) = (name.to_owned(), self.worker_entry(who, "worker.token.revoke", name));
        let was = self
            .store
            .write(move |db| {
                append_audit(db, &entry)?;
                remove_worker_token(db, &row)
            })
            .await?;
        self.workers.replace(name, None);
        Ok(was)
    }

    /// Returns whose token a request shows. Wrong ones count as failed proofs.
    pub fn worker_of(&self, peer: &Peer, bearer: &str) -> Option<Arc<str>> {
        Some(self.worker_pass(peer, bearer)?.name)
    }

    /// As [`Security::worker_of`], for connections that last.
    pub fn worker_pass(&self, peer: &Peer, bearer: &str) -> Option<WorkerPass> {
        let source = Source::of(peer);
        if self.throttle.locked(Kind::DeviceToken, &source).is_some() {
            return None;
        }
        let hash = token::hash(bearer);
        let found = self.workers.0.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if found.is_none() {
            self.throttle.failed(Kind::DeviceToken, &source);
        }
        Some(WorkerPass { name: found?, hash })
    }

    /// Says whether a token that was good still is.
    pub fn is_good(&self, pass: &WorkerPass) -> bool {
        let tokens = self.workers.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&pass.hash).is_some_and(|name| *name == pass.name)
    }

    fn worker_entry(&self, who: &Principal, action: &str, name: &str) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            org: who.org.to_string(),
            actor: who.actor.to_string(),
            action: action.into(),
            target: name.to_owned(),
            outcome: "ok".into(),
            detail: String::new(),
        }
    }
}

/// By this a worker's token is known when somebody finds one.
const PREFIX: &str = "llw_";
