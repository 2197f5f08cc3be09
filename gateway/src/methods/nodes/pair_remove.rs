//! `node.pair.remove`: forgets a node.

use schemas::error::{ErrorCode, WireError};
use schemas::methods::devices::DeviceTokenParams;
use schemas::methods::nodes::{NodePairRemoveOutput, NodeParams};

use crate::methods::Call;

/// Takes the node role from the device, or forgets the device if it has no other. One that removes itself is answered
/// before its connections close.
pub async fn pair_remove(call: Call, params: NodeParams) -> Result<NodePairRemoveOutput, WireError> {
    let (services, who, id) = (&call.services, call.who(), params.node_id.as_str());
    let mark = services.fleet.may_remove(who, id)?;
    let output = NodePairRemoveOutput { node_id: params.node_id.clone() };
    let ended = if services.security.is_only_node(id) {
        services.security.remove(who, id, |_| call.answer_own(id, &output)).await.map(drop)
    } else {
        let token = DeviceTokenParams { device_id: params.node_id.clone(), role: "node".into() };
        services.security.revoke(who, &token, |_| call.answer_own(id, &output)).await.map(drop)
    };
    // A device that is gone already leaves nothing to end.
    ended.or_else(|error| if error.code == ErrorCode::NotFound { Ok(()) } else { Err(error) })?;
    services.fleet.forget(who, id, mark).await?;
    Ok(output)
}
