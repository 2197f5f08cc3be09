//! `approval.get`: one request, open or not.

use schemas::error::WireError;
use schemas::methods::approval_history::ApprovalGetOutput;
use schemas::methods::approvals::ApprovalParams;

use super::snapshot;
use crate::approvals::ApprovalError;
use crate::methods::Call;

/// Returns how a request stands.
pub async fn get(call: Call, params: ApprovalParams) -> Result<ApprovalGetOutput, WireError> {
    let row = call.services.approvals.find(&call.who().org, &params.id).await?;
    Ok(ApprovalGetOutput { approval: snapshot(row.ok_or(ApprovalError::NotFound)?)? })
}
