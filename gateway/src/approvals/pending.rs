//! A request for permission in the hands of who asked.

use std::sync::Arc;

use schemas::clock::Millis;
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry};
use tokio::sync::watch;

use super::{Approvals, Verdict, Why};

/// A request that waits for its answer. Dropping it withdraws the request.
#[derive(Debug)]
pub struct Pending {
    approvals: Approvals,
    id: Arc<str>,
    created_at: Millis,
    expires_at: Millis,
    verdict: watch::Receiver<Option<Verdict>>,
    /// Whether the request goes when this goes.
    holds: bool,
}

impl Pending {
    pub(super) fn new(
        approvals: Approvals,
        entry: &ApprovalEntry,
        verdict: watch::Receiver<Option<Verdict>>,
    ) -> Self {
        let (created_at, expires_at) = (entry.created_at_ms, entry.expires_at_ms);
        Self { approvals, id: entry.id.as_str().into(), created_at, expires_at, verdict, holds: true }
    }

    /// Lets the request stay open when this is dropped.
    #[must_use]
    pub fn let_go(mut self) -> Self {
        self.holds = false;
        self
    }

    /// Returns the request's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns when it was asked.
    pub fn created_at(&self) -> Millis {
        self.created_at
    }

    /// Returns when it counts as denied.
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// Waits for the answer.
    pub async fn decided(mut self) -> Verdict {
        let verdict = self.verdict.wait_for(Option::is_some).await.ok().and_then(|verdict| verdict.clone());
        self.holds = false;
        verdict.unwrap_or(Verdict { decision: ApprovalDecision::Deny, by: None, why: Why::Withdrawn })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.holds {
            self.approvals.withdraw(&self.id);
        }
    }
}
