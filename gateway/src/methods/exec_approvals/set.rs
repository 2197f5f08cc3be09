//! `exec.approvals.set`: replaces the policy for commands.

use schemas::error::WireError;
use schemas::methods::exec_approvals::{ExecApprovalsOutput, ExecApprovalsSetParams};

use super::{output, refusal};
use crate::methods::Call;

/// Writes the policy; it counts from the next command on.
pub async fn set(call: Call, params: ExecApprovalsSetParams) -> Result<ExecApprovalsOutput, WireError> {
    let who = call.who();
    let written = call.services.approvals.set_policy(who, params.file, params.base_hash.as_deref()).await;
    written.map(output).map_err(|error| refusal(&error))
}
