//! `cron.list`: jobs, those due first at the front.

use schemas::error::WireError;
use schemas::methods::cron::{CronJob, CronListOutput, CronListParams};
use sha2::{Digest as _, Sha256};

use crate::methods::Call;

/// Returns a whole page: a half-filled one makes the stock command line fail (protocol 5.10).
pub async fn list(call: Call, params: CronListParams) -> Result<CronListOutput, WireError> {
    let mut jobs = call.services.schedules.list(&call.who().org).await?;
    let snapshot_revision = revision(&jobs);
    jobs.retain(|job| fits(job, &params));
    sort(&mut jobs, &params);
    let total = jobs.len();
    let (offset, limit) = (params.offset.unwrap_or(0), params.limit.unwrap_or(DEFAULT_LIMIT));
    let jobs: Vec<CronJob> = jobs.into_iter().skip(offset).take(limit).collect();
    let end = offset.saturating_add(jobs.len());
    let has_more = end < total;
    let next_offset = has_more.then_some(end);
    Ok(CronListOutput { jobs, snapshot_revision, total, offset, limit, has_more, next_offset })
}

fn fits(job: &CronJob, params: &CronListParams) -> bool {
    let switched = match params.enabled.as_deref() {
        Some("enabled") => job.enabled,
        Some("disabled") => !job.enabled,
        Some(_) => true,
        None => job.enabled || params.include_disabled == Some(true),
    };
    let query = params.query.as_deref().map(str::to_lowercase).unwrap_or_default();
    let texts = [&job.id, &job.name, job.description.as_ref().unwrap_or(&job.id)];
    switched
        && params.agent_id.as_ref().is_none_or(|agent| job.agent_id.as_ref() == Some(agent))
        && texts.iter().any(|text| text.to_lowercase().contains(&query))
}

fn sort(jobs: &mut [CronJob], params: &CronListParams) {
    match params.sort_by.as_deref() {
        Some("name") => jobs.sort_by_key(|job| job.name.to_lowercase()),
        Some("updatedAtMs") => jobs.sort_by_key(|job| job.updated_at_ms),
        _ => jobs.sort_by_key(|job| job.state.next_run_at_ms.unwrap_or(i64::MAX)),
    }
    if params.sort_dir.as_deref() == Some("desc") {
        jobs.reverse();
    }
}

fn revision(jobs: &[CronJob]) -> String {
    let mut hash = Sha256::new();
    for job in jobs {
        hash.update(&job.id);
        hash.update(job.updated_at_ms.to_be_bytes());
    }
    hex::encode(&hash.finalize()[..8])
}

const DEFAULT_LIMIT: usize = 50;
