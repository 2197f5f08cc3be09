//! Requests for permission: stored, shown to whoever may answer, answered once.
//!
//! The row decides. Everything that ends a request (an answer, its time, its withdrawal, a restart) is one update of
//! a row that is still pending, in the one writer's order: whoever comes first wins, and who waits hears of it after
//! the commit.

mod binding;
mod closing;
mod pending;
mod permit;
mod policy;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::Clock;
use schemas::bounds::MAX_OPEN_APPROVALS;
use schemas::clock::Millis;
use schemas::event::Event;
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry, ApprovalRequest};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::hub::{Hub, Member};
use crate::store::approvals::{self as rows, ApprovalRow, NewApproval};
use crate::store::{AuditEntry, Db, Store, StoreError, append_audit};
use crate::supervise::{Job, Jobs};

pub use binding::binding;
pub use pending::Pending;
pub use permit::{NotPermitted, Permit};
pub use policy::{ExecCase, Judgement, NotRemembered, PolicyError, PolicySnapshot};

/// What is to be decided.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose approvers are asked.
    pub org: Arc<str>,
    /// What they are shown. `allow-always` is taken out of what may be answered where it cannot be remembered.
    pub request: ApprovalRequest,
    /// Who asks.
    pub by: Arc<str>,
    /// Time that approvers have.
    pub life: Duration,
    /// Digest of exactly what is to be done; see [`Approvals::spend`].
    pub binding: Option<String>,
    /// Its name, if who asks has chosen one.
    pub id: Option<String>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no; no answer is a no.
    pub decision: ApprovalDecision,
    /// Who answered.
    pub by: Option<Arc<str>>,
    /// Why it ended.
    pub why: Why,
}

/// Why a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
pub enum Why {
    /// Somebody answered.
    #[strum(serialize = "user")]
    Answered,
    /// Nobody answered in time.
    #[strum(serialize = "timeout")]
    Expired,
    /// Who asked no longer wants to know.
    #[strum(serialize = "run-aborted")]
    Withdrawn,
    /// There was nobody to ask.
    #[strum(serialize = "no-route")]
    NoApprover,
    /// The gateway ended while it was open.
    #[strum(serialize = "gateway-restart")]
    Restarted,
}

/// Why an answer, or the use of one, did not count.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such request, or it has expired.
    #[error("unknown or expired approval id")]
    NotFound,
    /// Somebody was faster.
    #[error("approval already resolved")]
    AlreadyResolved,
    /// That answer is not among those that may be given.
    #[error("this approval cannot be answered with {0}")]
    NotOffered(ApprovalDecision),
    /// The id was used before.
    #[error("this approval id is taken")]
    Taken,
    /// Too many requests wait.
    #[error("too many approvals wait for an answer; answer or deny some of them")]
    TooMany,
    /// It was not allowed.
    #[error("this was not approved")]
    NotApproved,
    /// What is to be done is not what was approved.
    #[error("this is not what was approved: command, folder, environment or node differ")]
    OtherPlan,
    /// What was approved has been done.
    #[error("this approval was used before")]
    Spent,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The registry of requests for permission. Clones share it.
#[derive(Clone, Debug)]
pub struct Approvals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    jobs: Jobs,
    policy: policy::PolicyFile,
    open: Mutex<BTreeMap<String, Open>>,
    /// Changes whenever a request is opened or closed.
    changed: watch::Sender<()>,
}

/// A request that waits.
#[derive(Clone, Debug)]
struct Open {
    org: Arc<str>,
    entry: ApprovalEntry,
    verdict: watch::Sender<Option<Verdict>>,
}

impl Approvals {
    /// Builds it; the policy file lies in `state_dir`.
    pub fn new(store: Store, hub: Arc<Hub>, clock: Clock, jobs: Jobs, state_dir: &Path) -> Self {
        let policy = policy::PolicyFile::new(state_dir);
        let (open, changed) = (Mutex::default(), watch::Sender::new(()));
        Self(Arc::new(Inner { store, hub, clock, jobs, policy, open, changed }))
    }

    /// Stores a request and then shows it to whoever may answer. Dropping the result withdraws it.
    pub async fn open(&self, ask: Ask) -> Result<Pending, ApprovalError> {
        let (tell, told) = oneshot::channel();
        let approvals = self.clone();
        // A job of its own: a caller that goes away must not leave a row that nobody watches.
        self.0.jobs.spawn(Job::Approval, async move {
            drop(tell.send(approvals.store_and_show(ask).await));
        });
        told.await.unwrap_or(Err(ApprovalError::Store(StoreError::Closed)))
    }

    async fn store_and_show(&self, mut ask: Ask) -> Result<Pending, ApprovalError> {
        if self.open_map().values().filter(|open| open.org == ask.org).count() >= MAX_OPEN_APPROVALS {
            return Err(ApprovalError::TooMany);
        }
        policy::offer(&mut ask.request);
        let new = self.row_of(&ask);
        let audit = self.audit(&ask.org, &ask.by, "approval.request", &new.id, "ok", &ask.request.command);
        let entry = ApprovalEntry {
            id: new.id.clone(),
            request: ask.request,
            created_at_ms: new.created_at,
            expires_at_ms: new.expires_at,
        };
        let write = move |db: &Db| {
            let stored = rows::put(db, &new)?;
            if stored {
                append_audit(db, &audit)?;
            }
            Ok(stored)
        };
        if !self.0.store.write(write).await? {
            return Err(ApprovalError::Taken);
        }
        Ok(self.show(&ask.org, entry, ask.life))
    }

    fn show(&self, org: &Arc<str>, entry: ApprovalEntry, life: Duration) -> Pending {
        let verdict = watch::Sender::new(None);
        let pending = Pending::new(self.clone(), &entry, verdict.subscribe());
        let ended = verdict.subscribe();
        let open = Open { org: Arc::clone(org), entry: entry.clone(), verdict };
        self.open_map().insert(entry.id.clone(), open);
        self.0.changed.send_replace(());
        self.0
            .hub
            .publish_if(Event::ExecApprovalRequested, &entry, None, |member| member.principal.org == *org);
        self.0.jobs.spawn(Job::Approval, self.clone().time(entry.id, life, ended));
        pending
    }

    /// Stores a request that nobody is there to answer: it ends as it begins, denied.
    pub async fn refuse(&self, mut ask: Ask) -> Result<ApprovalRow, ApprovalError> {
        policy::offer(&mut ask.request);
        let new = self.row_of(&ask);
        let (id, org) = (new.id.clone(), new.org.clone());
        let end = Verdict::without(Why::NoApprover).end(new.created_at);
        let entry =
            |action, outcome, detail: &str| self.audit(&ask.org, &ask.by, action, &id, outcome, detail);
        let audit = [
            entry("approval.request", "ok", &ask.request.command),
            entry("approval.resolve", "denied", Why::NoApprover.word()),
        ];
        let write = move |db: &Db| {
            if !rows::put(db, &new)? {
                return Ok(None);
            }
            rows::close(db, &id, &end)?;
            audit.iter().try_for_each(|entry| append_audit(db, entry))?;
            rows::find(db, &org, &id)
        };
        self.0.store.write(write).await?.ok_or(ApprovalError::Taken)
    }

    /// Says whether somebody of an organisation is connected who could answer, except those that `but` picks.
    pub fn has_approver(&self, org: &str, but: impl Fn(&Member) -> bool) -> bool {
        self.0.hub.any(Event::ExecApprovalRequested, |member| &*member.principal.org == org && !but(member))
    }

    fn row_of(&self, ask: &Ask) -> NewApproval {
        let now = self.0.clock.now();
        NewApproval {
            id: ask.id.clone().unwrap_or_else(|| Uuid::new_v4().to_string()),
            org: ask.org.to_string(),
            request: serde_json::to_string(&ask.request).unwrap_or_default(),
            asked_by: ask.by.to_string(),
            binding: ask.binding.clone(),
            created_at: now,
            expires_at: now + Millis::try_from(ask.life.as_millis()).unwrap_or(Millis::MAX / 2),
        }
    }

    /// Returns what changes whenever a request is opened or closed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Returns the open requests of an organisation, oldest first.
    pub fn list(&self, org: &str) -> Vec<ApprovalEntry> {
        let open = self.open_map();
        let mut entries: Vec<_> =
            open.values().filter(|open| &*open.org == org).map(|open| open.entry.clone()).collect();
        entries.sort_by_key(|entry| entry.created_at_ms);
        entries
    }

    /// Returns one open request.
    pub fn get(&self, org: &str, id: &str) -> Option<ApprovalEntry> {
        self.find_open(org, id).map(|open| open.entry)
    }

    fn find_open(&self, org: &str, id: &str) -> Option<Open> {
        self.open_map().get(id).filter(|open| &*open.org == org).cloned()
    }

    fn audit(
        &self,
        org: &str,
        actor: &str,
        action: &str,
        target: &str,
        outcome: &str,
        detail: &str,
    ) -> AuditEntry {
        AuditEntry {
            at: self.0.clock.now(),
            org: org.to_owned(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            target: target.to_owned(),
            outcome: outcome.to_owned(),
            detail: detail.chars().take(MAX_DETAIL).collect(),
        }
    }

    fn open_map(&self) -> MutexGuard<'_, BTreeMap<String, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time that approvers have when who asks does not say.
pub const DEFAULT_LIFE: Duration = Duration::from_mins(30);
/// Characters of a command in the audit trail.
const MAX_DETAIL: usize = 1000;
