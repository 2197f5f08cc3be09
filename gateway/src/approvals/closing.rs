//! How requests for permission end, and what was allowed is used.

use std::sync::Arc;
use std::time::Duration;

use schemas::event::Event;
use schemas::methods::approvals::{ApprovalDecision, ApprovalResolved};
use tokio::sync::{oneshot, watch};

use super::{ApprovalError, Approvals, Open, Pending, Verdict, Why};
use crate::store::approvals::{self as rows, ApprovalEnd, ApprovalRow};
use crate::store::{Db, StoreError, append_audit};
use crate::supervise::Job;

impl Approvals {
    /// Answers a request; the first answer counts. Returns once the answer is stored.
    pub async fn resolve(
        &self,
        org: &str,
        id: &str,
        decision: ApprovalDecision,
        by: Arc<str>,
    ) -> Result<(), ApprovalError> {
        let Some(open) = self.find_open(org, id) else { return Err(self.absent(org, id).await) };
        if !open.entry.request.allowed_decisions.contains(&decision) {
            return Err(ApprovalError::NotOffered(decision));
        }
        // Time stands still for timers while a machine sleeps.
        if open.entry.expires_at_ms <= self.0.clock.now() {
            self.close(open, Verdict::without(Why::Expired)).await?;
            return Err(ApprovalError::NotFound);
        }
        self.close(open, Verdict { decision, by: Some(by), why: Why::Answered }).await
    }

    /// Returns a further wait for an open request, or how one ended that is not open any more.
    pub async fn wait(&self, org: &str, id: &str) -> Result<Result<Pending, ApprovalRow>, ApprovalError> {
        if let Some(open) = self.find_open(org, id) {
            let verdict = open.verdict.subscribe();
            return Ok(Ok(Pending::new(self.clone(), &open.entry, verdict).let_go()));
        }
        self.find(org, id).await?.map(Err).ok_or(ApprovalError::NotFound)
    }

    /// Returns a request, open or not.
    pub async fn find(&self, org: &str, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        let (org, id) = (org.to_owned(), id.to_owned());
        self.0.store.read(move |db| rows::find(db, &org, &id)).await
    }

    /// Returns requests that have ended, latest first, from before the number `before`.
    pub async fn history(
        &self,
        org: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        let org = org.to_owned();
        self.0.store.read(move |db| rows::history(db, &org, before, limit)).await
    }

    /// Uses what was allowed: once, before it expires, and only for what `binding` names.
    pub async fn spend(&self, org: &str, id: &str, binding: &str) -> Result<ApprovalDecision, ApprovalError> {
        let now = self.0.clock.now();
        let entry = self.audit(org, "gateway", "approval.use", id, "ok", "");
        let (org, id, binding) = (org.to_owned(), id.to_owned(), binding.to_owned());
        let used = self.0.store.write(move |db| {
            let found = rows::find(db, &org, &id)?;
            let usable = usable(found, &binding, now);
            let refused = match &usable {
                Ok(_) => (!rows::spend(db, &id, now)?).then_some(ApprovalError::Spent),
                Err(_) => None,
            };
            let result = refused.map_or(usable, Err);
            let outcome = if result.is_ok() { "ok" } else { "denied" };
            let detail = result.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            append_audit(db, &crate::store::AuditEntry { outcome: outcome.into(), detail, ..entry })?;
            Ok(result)
        });
        used.await?
    }

    /// Ends what was open when the gateway last stopped: whoever waited for it is gone.
    pub async fn recover(&self) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let this = self.clone();
        let write = move |db: &Db| {
            for row in rows::pending(db)? {
                let verdict = Verdict::without(Why::Restarted);
                rows::close(db, &row.id, &verdict.end(now))?;
                let audit = this.audit(
                    &row.org,
                    "gateway",
                    "approval.resolve",
                    &row.id,
                    "denied",
                    Why::Restarted.word(),
                );
                append_audit(db, &audit)?;
            }
            rows::trim(db, KEPT)
        };
        self.0.store.write(write).await
    }

    /// Withdraws a request.
    pub(super) fn withdraw(&self, id: &str) {
        let open = self.open_map().get(id).cloned();
        let Some(open) = open else { return };
        let this = self.clone();
        self.0.jobs.spawn(Job::Approval, async move {
            this.close_now(&open, Verdict::without(Why::Withdrawn)).await.unwrap_or_default();
        });
    }

    /// Ends a request when its time is over.
    pub(super) async fn time(self, id: String, life: Duration, mut ended: watch::Receiver<Option<Verdict>>) {
        tokio::select! {
            _ = ended.wait_for(Option::is_some) => return,
            () = self.0.jobs.stopping().cancelled() => return,
            () = tokio::time::sleep(life) => {}
        }
        let open = self.open_map().get(&id).cloned();
        if let Some(open) = open {
            self.close_now(&open, Verdict::without(Why::Expired)).await.unwrap_or_default();
        }
    }

    /// Ends a request in a job of its own: a caller that goes away must not leave it half ended.
    async fn close(&self, open: Open, verdict: Verdict) -> Result<(), ApprovalError> {
        let (tell, told) = oneshot::channel();
        let this = self.clone();
        self.0.jobs.spawn(Job::Approval, async move {
            drop(tell.send(this.close_now(&open, verdict).await));
        });
        told.await.unwrap_or(Err(ApprovalError::Store(StoreError::Closed)))
    }

    async fn close_now(&self, open: &Open, verdict: Verdict) -> Result<(), ApprovalError> {
        let now = self.0.clock.now();
        let (id, end) = (open.entry.id.clone(), verdict.end(now));
        let outcome = if verdict.decision == ApprovalDecision::Deny { "denied" } else { "ok" };
        let actor = verdict.by.as_deref().unwrap_or("gateway");
        let detail = format!("{}, {}: {}", verdict.decision, verdict.why.word(), open.entry.request.command);
        let audit = self.audit(&open.org, actor, "approval.resolve", &id, outcome, &detail);
        let write = move |db: &Db| {
            let first = rows::close(db, &id, &end)?;
            if first {
                append_audit(db, &audit)?;
            }
            Ok(first)
        };
        match self.0.store.write(write).await {
            Ok(true) => {}
            Ok(false) => return Err(ApprovalError::AlreadyResolved),
            // Nobody's answer gets lost by going on; whoever waits has to hear a no although it cannot be stored.
            Err(error) if verdict.why != Why::Answered => {
                tracing::error!(%error, "The end of a permission request could not be stored");
            }
            Err(error) => return Err(error.into()),
        }
        self.tell(open, verdict, now);
        Ok(())
    }

    fn tell(&self, open: &Open, verdict: Verdict, now: schemas::clock::Millis) {
        self.open_map().remove(&open.entry.id);
        let resolved = ApprovalResolved {
            id: open.entry.id.clone(),
            decision: verdict.decision,
            resolved_by: verdict.by.as_deref().map(str::to_owned),
            ts: now,
            request: open.entry.request.clone(),
        };
        if verdict.decision == ApprovalDecision::AllowAlways {
            self.remember_of(open, now);
        }
        open.verdict.send_replace(Some(verdict));
        self.0.changed.send_replace(());
        let same = |member: &crate::hub::Member| member.principal.org == open.org;
        self.0.hub.publish_if(Event::ExecApprovalResolved, &resolved, None, same);
    }

    /// Says why a request is not open: it has ended, or there never was one.
    pub async fn absent(&self, org: &str, id: &str) -> ApprovalError {
        match self.find(org, id).await {
            Ok(None) => ApprovalError::NotFound,
            Ok(Some(_)) => ApprovalError::AlreadyResolved,
            Err(error) => error.into(),
        }
    }
}

impl Verdict {
    /// Nobody answered: a no.
    pub(super) fn without(why: Why) -> Self {
        Self { decision: ApprovalDecision::Deny, by: None, why }
    }

    pub(super) fn end(&self, at: schemas::clock::Millis) -> ApprovalEnd {
        let state = match (self.why, self.decision) {
            (Why::Answered, ApprovalDecision::AllowOnce | ApprovalDecision::AllowAlways) => "allowed",
            (Why::Answered, ApprovalDecision::Deny) | (Why::NoApprover, _) => "denied",
            (Why::Expired, _) => "expired",
            (Why::Withdrawn | Why::Restarted, _) => "cancelled",
        };
        let by = self.by.as_deref().map(str::to_owned);
        ApprovalEnd { state, decision: self.decision.to_string(), reason: self.why.word(), by, at }
    }
}

impl Why {
    /// Returns the word it is stored and shown as.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Decides whether a request's answer allows what `binding` names now.
fn usable(
    row: Option<ApprovalRow>,
    binding: &str,
    now: schemas::clock::Millis,
) -> Result<ApprovalDecision, ApprovalError> {
    let row = row.ok_or(ApprovalError::NotFound)?;
    if row.binding.as_deref() != Some(binding) {
        return Err(ApprovalError::OtherPlan);
    }
    if row.state != "allowed" {
        return Err(ApprovalError::NotApproved);
    }
    if row.spent_at.is_some() {
        return Err(ApprovalError::Spent);
    }
    if row.expires_at <= now {
        return Err(ApprovalError::NotFound);
    }
    let decision = row.decision.unwrap_or_default().parse();
    decision.map_err(|_| ApprovalError::Store(StoreError::Corrupt { what: "approval" }))
}

/// Requests that are kept for the history.
const KEPT: u32 = 10_000;
