//! `cron.get`, `cron.runs` and `cron.status`.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::cron::{CronIdParams, CronJob, CronRunsOutput, CronRunsParams, CronStatusOutput};

use super::id;
use crate::methods::Call;
use crate::store::schedules::RunFilter;

/// Returns one job.
pub async fn get(call: Call, params: CronIdParams) -> Result<CronJob, WireError> {
    Ok(call.services.schedules.get(&call.who().org, &id(params)?).await?)
}

/// Returns a page of runs that have ended.
pub async fn runs(call: Call, params: CronRunsParams) -> Result<CronRunsOutput, WireError> {
    let (offset, limit) = (params.offset.unwrap_or(0), params.limit.unwrap_or(DEFAULT_LIMIT));
    let filter = RunFilter {
        job: params.job.id.or(params.job.job_id),
        run_id: params.run_id,
        status: params.status.filter(|status| status != "all"),
        oldest_first: params.sort_dir.as_deref() == Some("asc"),
        limit,
        offset,
    };
    let (entries, total) = call.services.schedules.history(&call.who().org, filter).await?;
    let end = offset.saturating_add(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    let has_more = end < total;
    Ok(CronRunsOutput { entries, total, offset, limit, has_more, next_offset: has_more.then_some(end) })
}

/// Says how many jobs there are and when the next one is due.
pub async fn status(call: Call, _: NoParams) -> Result<CronStatusOutput, WireError> {
    let (jobs, next_wake_at_ms) = call.services.schedules.outlook(&call.who().org).await?;
    let store_path = call.services.store.path().to_string_lossy().into_owned();
    Ok(CronStatusOutput { enabled: true, store_path, jobs, next_wake_at_ms })
}

const DEFAULT_LIMIT: u32 = 50;
