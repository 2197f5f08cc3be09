//! `approval.resolve`: answers a request and says how it stands.

use schemas::error::WireError;
use schemas::methods::approval_history::{ApprovalAnswerOutput, ApprovalAnswerParams, ApprovalKind};

use super::snapshot;
use crate::approvals::ApprovalError;
use crate::methods::Call;

/// Answers a request; when somebody was faster, their answer is shown.
pub async fn resolve(call: Call, params: ApprovalAnswerParams) -> Result<ApprovalAnswerOutput, WireError> {
    let (who, approvals) = (call.who(), &call.services.approvals);
    if params.kind != ApprovalKind::Exec {
        return Err(ApprovalError::NotFound.into());
    }
    let applied = match approvals.resolve(&who.org, &params.id, params.decision, who.actor.clone()).await {
        Ok(()) => true,
        Err(ApprovalError::AlreadyResolved) => false,
        Err(error) => return Err(error.into()),
    };
    let row = approvals.find(&who.org, &params.id).await?.ok_or(ApprovalError::NotFound)?;
    Ok(ApprovalAnswerOutput { applied, approval: snapshot(row)? })
}
