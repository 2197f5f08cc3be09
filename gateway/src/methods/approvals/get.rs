//! `exec.approval.get`: one request.

use schemas::error::WireError;
use schemas::methods::approvals::{ApprovalDetail, ApprovalParams};

use crate::methods::Call;

/// Returns one open request.
pub async fn get(call: Call, params: ApprovalParams) -> Result<ApprovalDetail, WireError> {
    let (approvals, org) = (&call.services.approvals, &call.who().org);
    let Some(entry) = approvals.get(org, &params.id) else {
        return Err(approvals.absent(org, &params.id).await.into());
    };
    let request = entry.request;
    Ok(ApprovalDetail {
        id: entry.id,
        command_preview: request.command.chars().take(120).collect(),
        command_text: request.command,
        allowed_decisions: request.allowed_decisions,
        host: request.host,
        node_id: request.node_id,
        agent_id: request.agent_id,
        expires_at_ms: entry.expires_at_ms,
    })
}
