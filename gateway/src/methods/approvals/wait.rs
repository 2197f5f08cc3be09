//! `exec.approval.waitDecision`: waits until a request is decided.

use schemas::error::WireError;
use schemas::methods::approvals::{ApprovalDecided, ApprovalParams};

use super::{decided, row_decided};
use crate::methods::Call;

/// Waits for an open request; one that has ended is answered at once.
pub async fn wait(call: Call, params: ApprovalParams) -> Result<ApprovalDecided, WireError> {
    match call.services.approvals.wait(&call.who().org, &params.id).await? {
        Ok(pending) => {
            let times = (pending.created_at(), pending.expires_at());
            Ok(decided(params.id, times, &pending.decided().await))
        }
        Err(row) => Ok(row_decided(&row)),
    }
}
