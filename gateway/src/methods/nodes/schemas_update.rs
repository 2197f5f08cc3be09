//! `node.schemas.update`: which arguments a node's commands take.

use schemas::error::WireError;
use schemas::methods::nodes::{NodeSchemasUpdateOutput, NodeSchemasUpdateParams};

use crate::methods::Call;

/// Takes the schemas in place of all from before.
pub async fn schemas_update(
    call: Call,
    params: NodeSchemasUpdateParams,
) -> Result<NodeSchemasUpdateOutput, WireError> {
    call.services.fleet.publish_schemas(&call.member, params.commands)
}
