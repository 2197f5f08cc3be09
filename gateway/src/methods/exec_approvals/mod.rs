//! The policy for commands.

mod get;
mod set;

pub use get::get;
pub use set::set;

use schemas::error::WireError;
use schemas::methods::exec_approvals::ExecApprovalsOutput;

use super::internal;
use crate::approvals::{PolicyError, PolicySnapshot};

fn output(read: PolicySnapshot) -> ExecApprovalsOutput {
    ExecApprovalsOutput {
        path: read.path.display().to_string(),
        exists: read.exists,
        hash: read.hash,
        resolved_defaults: read.policy.resolved(),
        file: read.policy,
    }
}

fn refusal(error: &PolicyError) -> WireError {
    match error {
        PolicyError::Io { .. } | PolicyError::Store(_) => internal(error),
        PolicyError::Format { .. } | PolicyError::NoBase | PolicyError::Stale | PolicyError::Invalid(_) => {
            WireError::invalid(error.to_string())
        }
    }
}
