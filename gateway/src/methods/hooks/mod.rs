//! `hooks.*`: addresses that other programs post to.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::hooks::{
    HookNameParams, HooksAddOutput, HooksAddParams, HooksListOutput, HooksRemoveOutput, HooksTestOutput,
    HooksTestParams,
};

use crate::methods::Call;

/// Lists hooks, without their secrets.
pub async fn list(call: Call, _: NoParams) -> Result<HooksListOutput, WireError> {
    Ok(HooksListOutput { hooks: call.services.hooks.list(&call.who().org).await? })
}

/// Adds a hook; its secret is in the answer and nowhere else.
pub async fn add(call: Call, params: HooksAddParams) -> Result<HooksAddOutput, WireError> {
    let who = call.who();
    let (hook, secret) = call.services.hooks.add(&who.org, &who.actor, params).await?;
    Ok(HooksAddOutput { hook, secret })
}

/// Removes a hook.
pub async fn remove(call: Call, params: HookNameParams) -> Result<HooksRemoveOutput, WireError> {
    let removed = call.services.hooks.remove(&call.who().org, &params.name).await?;
    Ok(HooksRemoveOutput { ok: true, removed })
}

/// Shows what an agent would be told.
pub async fn test(call: Call, params: HooksTestParams) -> Result<HooksTestOutput, WireError> {
    let message = call.services.hooks.test(&call.who().org, &params.name, &params.payload).await?;
    Ok(HooksTestOutput { message })
}
