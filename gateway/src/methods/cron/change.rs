//! `cron.add`, `cron.update` and `cron.remove`.

use schemas::error::WireError;
use schemas::methods::cron::{CronAddParams, CronIdParams, CronJob, CronRemoveOutput, CronUpdateParams};

use super::id;
use crate::methods::Call;

/// Adds a job; answers when it is stored.
pub async fn add(call: Call, params: CronAddParams) -> Result<CronJob, WireError> {
    let who = call.who();
    Ok(call.services.schedules.add(&who.org, &who.actor, params).await?)
}

/// Changes a job.
pub async fn update(call: Call, params: CronUpdateParams) -> Result<CronJob, WireError> {
    let id = id(params.job)?;
    Ok(call.services.schedules.update(&call.who().org, &id, params.patch).await?)
}

/// Removes a job.
pub async fn remove(call: Call, params: CronIdParams) -> Result<CronRemoveOutput, WireError> {
    let removed = call.services.schedules.remove(&call.who().org, &id(params)?).await?;
    Ok(CronRemoveOutput { ok: true, removed })
}
