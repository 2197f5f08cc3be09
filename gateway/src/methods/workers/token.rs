//! `workers.token.create` and `.revoke`: how workers that are no nodes show who they are.

use schemas::error::WireError;
use schemas::methods::workers::{
    WorkersTokenCreateOutput, WorkersTokenCreateParams, WorkersTokenRevokeOutput, WorkersTokenRevokeParams,
};

use crate::methods::Call;

/// Makes the token; whoever was connected with the one before has to come anew.
pub async fn token_create(
    call: Call,
    params: WorkersTokenCreateParams,
) -> Result<WorkersTokenCreateOutput, WireError> {
    let services = &call.services;
    let token = services.security.create_worker_token(call.who(), &params.name).await?;
    services.workers.expel_token(&params.name, "its token was replaced");
    Ok(WorkersTokenCreateOutput { name: params.name, token })
}

/// Makes a token invalid and ends its worker's connection.
pub async fn token_revoke(
    call: Call,
    params: WorkersTokenRevokeParams,
) -> Result<WorkersTokenRevokeOutput, WireError> {
    let services = &call.services;
    let revoked = services.security.revoke_worker_token(call.who(), &params.name).await?;
    services.workers.expel_token(&params.name, "its token was revoked");
    Ok(WorkersTokenRevokeOutput { revoked })
}
