//! `exec.approval.resolve`: answers a request.

use schemas::error::WireError;
use schemas::methods::approvals::ApprovalResolveParams;
use schemas::methods::{DONE, Done};

use crate::methods::Call;

/// Answers a request; the first answer counts.
pub async fn resolve(call: Call, params: ApprovalResolveParams) -> Result<Done, WireError> {
    let who = call.who();
    call.services.approvals.resolve(&who.org, &params.id, params.decision, who.actor.clone()).await?;
    Ok(DONE)
}
