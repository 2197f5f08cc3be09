//! Permission requests of agents.

mod get;
mod list;
mod resolve;

pub use get::get;
pub use list::list;
pub use resolve::resolve;

use schemas::error::{ErrorCode, WireError};
use serde_json::json;

use crate::approvals::ApprovalError;

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
