//! `node.invoke.progress`: a piece of a node's output before its answer.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeInvokeProgressParams, Taken};

use crate::methods::Call;

/// Shows the piece to the caller, if that wants it.
pub async fn progress(call: Call, params: NodeInvokeProgressParams) -> Result<Taken, WireError> {
    call.services.fleet.progress(&call.member, params)
}
