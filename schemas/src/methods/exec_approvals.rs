//! The policy for commands: what may be run without asking (protocol 5.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ADMIN, NoParams, methods};
use crate::exec_policy::{ExecPolicy, ExecResolved};

methods! {
    /// The policy for commands as its file has it.
    ExecApprovalsGet "exec.approvals.get" ADMIN, Natural, NoParams => ExecApprovalsOutput;
    /// Replaces the policy for commands; it counts from the next command on.
    ExecApprovalsSet "exec.approvals.set" ADMIN, Natural, ExecApprovalsSetParams => ExecApprovalsOutput;
}

/// The policy and its file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsOutput {
    /// The file, on the gateway's machine.
    pub path: String,
    /// Whether it exists.
    pub exists: bool,
    /// SHA-256 of its text in lowercase hex.
    pub hash: String,
    /// What it says.
    pub file: ExecPolicy,
    /// What counts where no agent says anything else.
    pub resolved_defaults: ExecResolved,
}

/// Parameters of `exec.approvals.set`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecApprovalsSetParams {
    /// The new policy, whole.
    pub file: ExecPolicy,
    /// `hash` of the one that was seen; needed once there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub base_hash: Option<String>,
}
