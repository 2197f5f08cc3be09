//! Permission requests of agents.

mod get;
mod list;
mod resolve;

pub use get::get;
pub use list::list;
pub use resolve::resolve;

use schemas::error::{ErrorCode, WireError};
use serde_json::json;

use crate::chat::approvals::ApprovalError;

impl From<ApprovalError> for WireError {
    fn from(error: ApprovalError) -> Self {
        let (code, reason) = match error {
            ApprovalError::NotFound => (ErrorCode::InvalidRequest, "APPROVAL_NOT_FOUND"),
            ApprovalError::AlreadyResolved => (ErrorCode::InvalidRequest, "APPROVAL_ALREADY_RESOLVED"),
        };
        Self::new(code, error.to_string()).details(json!({ "reason": reason }))
    }
}
