//! What stock node hosts publish after they connect and Landline has no use for. They go on when it is answered.

use schemas::error::WireError;
use schemas::methods::empty::{
    AnyParams, NodePluginToolsOutput, NodeRunnerInventoryOutput, NodeSkillsOutput,
};
use schemas::methods::nodes::ApprovalState;

use crate::methods::Call;

/// Answers `node.runnerInventory.update`: a node whose surface waits is told to try again, as stock node hosts expect.
pub async fn runner_inventory(call: Call, _: AnyParams) -> Result<NodeRunnerInventoryOutput, WireError> {
    let node_id = own(&call);
    match call.services.fleet.standing(&call.member) {
        Some((ApprovalState::PendingApproval, Some(request))) => Err(WireError::unavailable(format!(
            "what the node offers awaits approval; run `landline nodes approve {request}`, then it tries again by itself"
        ))),
        _ => Ok(NodeRunnerInventoryOutput { node_id }),
    }
}

/// Answers `node.skills.update`.
pub async fn skills(call: Call, _: AnyParams) -> Result<NodeSkillsOutput, WireError> {
    Ok(NodeSkillsOutput { node_id: own(&call), skills: Vec::new() })
}

/// Answers `node.pluginTools.update`.
pub async fn plugin_tools(call: Call, _: AnyParams) -> Result<NodePluginToolsOutput, WireError> {
    Ok(NodePluginToolsOutput { node_id: own(&call), tools: Vec::new() })
}

fn own(call: &Call) -> String {
    call.who().device.as_deref().unwrap_or_default().to_owned()
}
