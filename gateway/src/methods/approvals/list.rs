//! `exec.approval.list`: the requests that wait for an answer.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::approvals::ApprovalEntry;

use crate::methods::Call;

/// Returns the open requests, oldest first.
pub async fn list(call: Call, _: NoParams) -> Result<Vec<ApprovalEntry>, WireError> {
    Ok(call.services.approvals.list(&call.who().org))
}
