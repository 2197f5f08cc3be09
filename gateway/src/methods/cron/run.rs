//! `cron.run`: a run beside the schedule.

use schemas::error::WireError;
use schemas::methods::cron::{CronRunMode, CronRunOutput, CronRunParams};

use super::id;
use crate::methods::Call;

/// Runs a job now; answers when the run is stored.
pub async fn run(call: Call, params: CronRunParams) -> Result<CronRunOutput, WireError> {
    let schedules = &call.services.schedules;
    let mode = params.mode.unwrap_or(CronRunMode::Force);
    let began = schedules.run_now(&call.who().org, &id(params.job)?, mode).await?;
    Ok(CronRunOutput {
        ok: true,
        enqueued: began.is_ok(),
        reason: began.as_ref().err().map(|&why| why.to_owned()),
        run_id: began.ok(),
        process_instance_id: schedules.instance().to_owned(),
    })
}
