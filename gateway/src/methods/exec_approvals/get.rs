//! `exec.approvals.get`: the policy for commands.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::exec_approvals::ExecApprovalsOutput;

use super::{output, refusal};
use crate::methods::Call;

/// Returns the policy as its file has it now.
pub async fn get(call: Call, _: NoParams) -> Result<ExecApprovalsOutput, WireError> {
    call.services.approvals.policy().map(output).map_err(|error| refusal(&error))
}
