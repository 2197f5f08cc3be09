//! From a command to a permission: the policy, then people, then what counts when nobody is there.

use std::sync::Arc;

use schemas::methods::approvals::ApprovalDecision;

use super::{ApprovalError, Approvals, Ask, ExecCase, Judgement, Why};

/// A permission to do something once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The request that was answered; none: the policy allows it.
    pub approval: Option<String>,
    /// Who answered.
    pub by: Option<Arc<str>>,
    /// The answer.
    pub decision: ApprovalDecision,
}

/// Why there is no permission.
#[derive(Debug, thiserror::Error)]
pub enum NotPermitted {
    /// The policy does not allow it, and nobody is asked.
    #[error("the policy for commands (exec-approvals.json) does not allow this")]
    Policy,
    /// Somebody said no.
    #[error("denied by {0}")]
    Denied(Arc<str>),
    /// Nobody said yes.
    #[error("{}", no_answer(*.0))]
    NoAnswer(Why),
    /// It could not be decided.
    #[error(transparent)]
    Failed(#[from] ApprovalError),
}

impl Approvals {
    /// Decides whether a command may be run now: by the policy, by asking, or by what counts when nobody answers.
    /// What was asked for is used up by this.
    pub async fn permit(&self, what: &ExecCase<'_>, ask: Ask) -> Result<Permit, NotPermitted> {
        match self.judge(what) {
            Judgement::Allow => {
                return Ok(Permit { approval: None, by: None, decision: ApprovalDecision::AllowAlways });
            }
            Judgement::Deny => return Err(NotPermitted::Policy),
            Judgement::Ask => {}
        }
        self.ask_for(ask, || self.fallback(what)).await
    }

    /// Asks, without a look at the policy; `otherwise` says what counts when nobody answers in time.
    pub async fn ask_for(&self, ask: Ask, otherwise: impl Fn() -> Judgement) -> Result<Permit, NotPermitted> {
        let (org, binding) = (Arc::clone(&ask.org), ask.binding.clone());
        let pending = self.open(ask).await?;
        let id = pending.id().to_owned();
        let verdict = pending.decided().await;
        match (verdict.decision, verdict.why, verdict.by) {
            (ApprovalDecision::AllowOnce | ApprovalDecision::AllowAlways, _, by) => {
                if let Some(binding) = binding {
                    self.spend(&org, &id, &binding).await?;
                }
                Ok(Permit { approval: Some(id), by, decision: verdict.decision })
            }
            (ApprovalDecision::Deny, _, Some(by)) => Err(NotPermitted::Denied(by)),
            (ApprovalDecision::Deny, Why::Expired | Why::NoApprover, None)
                if otherwise() == Judgement::Allow =>
            {
                Ok(Permit { approval: Some(id), by: None, decision: ApprovalDecision::AllowOnce })
            }
            (ApprovalDecision::Deny, why, None) => Err(NotPermitted::NoAnswer(why)),
        }
    }
}

fn no_answer(why: Why) -> &'static str {
    match why {
        Why::Answered => "it was denied",
        Why::Expired => "nobody answered the approval request in time",
        Why::Withdrawn => "the approval request was withdrawn",
        Why::NoApprover => "nobody is there who could approve this",
        Why::Restarted => "the gateway was restarted before the approval request was answered",
    }
}
