//! `node.invoke.result`: a node's answer.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeInvokeResultParams, Taken};

use crate::methods::Call;

/// Hands the answer to whoever waits for it.
pub async fn result(call: Call, params: NodeInvokeResultParams) -> Result<Taken, WireError> {
    call.services.fleet.answer(&call.member, params)
}
