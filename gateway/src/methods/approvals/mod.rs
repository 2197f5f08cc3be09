//! Requests for permission.

mod get;
mod list;
mod request;
mod resolve;
mod wait;

pub use get::get;
pub use list::list;
pub use request::request;
pub use resolve::resolve;
pub use wait::wait;

use schemas::clock::Millis;
use schemas::error::{ErrorCode, WireError};
use schemas::methods::approvals::ApprovalDecided;
use serde_json::json;

use crate::approvals::{ApprovalError, Verdict, Why};
use crate::store::approvals::ApprovalRow;

impl From<ApprovalError> for WireError {
    fn from(error: ApprovalError) -> Self {
        let reason = match error {
            ApprovalError::NotFound => "APPROVAL_NOT_FOUND",
            ApprovalError::AlreadyResolved => "APPROVAL_ALREADY_RESOLVED",
            ApprovalError::NotOffered(_) => "APPROVAL_DECISION_NOT_OFFERED",
            ApprovalError::Taken => "APPROVAL_ID_TAKEN",
            ApprovalError::TooMany => "APPROVALS_FULL",
            ApprovalError::NotApproved => "APPROVAL_DENIED",
            ApprovalError::OtherPlan => "APPROVAL_MISMATCH",
            ApprovalError::Spent => "APPROVAL_SPENT",
            ApprovalError::Store(error) => return error.into(),
        };
        Self::new(ErrorCode::InvalidRequest, error.to_string()).details(json!({ "reason": reason }))
    }
}

fn decided(
    id: String,
    (created_at_ms, expires_at_ms): (Millis, Millis),
    verdict: &Verdict,
) -> ApprovalDecided {
    // What nobody decided has no decision, whatever it counts as.
    let decision = (verdict.why == Why::Answered).then_some(verdict.decision);
    let terminal_reason = verdict.why.word().to_owned();
    ApprovalDecided { id, decision, created_at_ms, expires_at_ms, terminal_reason }
}

fn row_decided(row: &ApprovalRow) -> ApprovalDecided {
    let answered = row.reason.as_deref() == Some(Why::Answered.word());
    let decision = row.decision.as_deref().filter(|_| answered);
    ApprovalDecided {
        id: row.id.clone(),
        decision: decision.and_then(|decision| decision.parse().ok()),
        created_at_ms: row.created_at,
        expires_at_ms: row.expires_at,
        terminal_reason: row.reason.clone().unwrap_or_default(),
    }
}
