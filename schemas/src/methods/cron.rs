//! Schedules, in the words of the protocol (5.10): jobs that start a run at an instant, every so often, or by a cron
//! expression in a time zone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod job;

pub use job::{
    CronAddParams, CronDelivery, CronDeliveryMode, CronJob, CronJobState, CronPayload, CronRunStatus,
    CronSchedule, CronWakeMode, Misfire, RunOptions,
};

use super::{ADMIN, NoParams, READ, methods};
use crate::clock::Millis;

methods! {
    /// Lists scheduled jobs.
    CronList "cron.list" READ, Natural, CronListParams => CronListOutput;
    /// Says how many jobs there are and when the next one is due.
    CronStatus "cron.status" READ, Natural, NoParams => CronStatusOutput;
    /// Returns one job.
    CronGet "cron.get" READ, Natural, CronIdParams => CronJob;
    /// Lists runs that have ended, of one job or of all.
    CronRuns "cron.runs" READ, Natural, CronRunsParams => CronRunsOutput;
    /// Adds a job.
    CronAdd "cron.add" ADMIN, Keyed, CronAddParams => CronJob;
    /// Changes a job; what the patch does not name stays.
    CronUpdate "cron.update" ADMIN, Natural, CronUpdateParams => CronJob;
    /// Removes a job and its history; runs that are alive go on.
    CronRemove "cron.remove" ADMIN, Natural, CronIdParams => CronRemoveOutput;
    /// Runs a job now, beside its schedule.
    CronRun "cron.run" ADMIN, Keyed, CronRunParams => CronRunOutput;
}

/// Parameters of `cron.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronListParams {
    /// Also those that are switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_disabled: Option<bool>,
    /// Jobs at most; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<usize>,
    /// Jobs to leave out at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Part of a name, description or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// `all`, `enabled` or `disabled`; goes before `includeDisabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
    /// `nextRunAtMs`, `updatedAtMs` or `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// `asc` or `desc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_dir: Option<String>,
    /// Only jobs of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A page of jobs. A half-filled page makes the stock command line fail (protocol 5.10).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronListOutput {
    /// The jobs.
    pub jobs: Vec<CronJob>,
    /// Changes with every change of any job.
    pub snapshot_revision: String,
    /// Jobs that fit.
    pub total: usize,
    /// Where the page begins.
    pub offset: usize,
    /// Jobs on a page.
    pub limit: usize,
    /// Whether there is another page.
    pub has_more: bool,
    /// Where that begins.
    pub next_offset: Option<usize>,
}

/// The scheduler.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronStatusOutput {
    /// Always true: it has no switch.
    pub enabled: bool,
    /// The database.
    pub store_path: String,
    /// Jobs there are.
    pub jobs: u64,
    /// When the next one is due.
    pub next_wake_at_ms: Option<Millis>,
}

/// Names a job.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronIdParams {
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The job, as some clients call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
}

/// Parameters of `cron.update`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronUpdateParams {
    /// The job.
    #[serde(flatten)]
    pub job: CronIdParams,
    /// The fields of `cron.add` to change; null takes one away.
    pub patch: Map<String, Value>,
}

/// Whether a job was removed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CronRemoveOutput {
    /// Always true.
    pub ok: bool,
    /// False: there was none.
    pub removed: bool,
}

/// Parameters of `cron.run`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunParams {
    /// The job.
    #[serde(flatten)]
    pub job: CronIdParams,
    /// Which jobs may run: `force`, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<CronRunMode>,
    /// Same key, same run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Which jobs `cron.run` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CronRunMode {
    /// Those that are due.
    Due,
    /// Any.
    Force,
    /// Those that are switched on.
    IfEnabled,
}

/// What became of `cron.run`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunOutput {
    /// Always true.
    pub ok: bool,
    /// Whether it runs, or waits for its turn.
    pub enqueued: bool,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Why it does not run: `not-due` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Changes when the gateway is started anew.
    pub process_instance_id: String,
}

/// Parameters of `cron.runs`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunsParams {
    /// The job; all jobs, without one.
    #[serde(flatten)]
    pub job: CronIdParams,
    /// `job` or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Only this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Runs at most; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
    /// Runs to leave out at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// `all`, `ok`, `error` or `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `asc`, or `desc`: latest first, which it is without this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_dir: Option<String>,
}

/// A page of runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunsOutput {
    /// The runs.
    pub entries: Vec<CronRunEntry>,
    /// Runs that fit.
    pub total: u32,
    /// Where the page begins.
    pub offset: u32,
    /// Runs on a page.
    pub limit: u32,
    /// Whether there is another page.
    pub has_more: bool,
    /// Where that begins.
    pub next_offset: Option<u32>,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunEntry {
    /// When it ended.
    pub ts: Millis,
    /// The job.
    pub job_id: String,
    /// Always `finished`.
    pub action: String,
    /// How.
    pub status: CronRunStatus,
    /// Why it failed or was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The instant that it was due at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at_ms: Option<Millis>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Millis>,
    /// The job's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
}

/// Payload of `cron`: a job was changed, or runs, or has run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronEvent {
    /// The job.
    pub job_id: String,
    /// What happened.
    pub action: CronAction,
    /// The job as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<CronJob>,
    /// The instant that the run was due at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at_ms: Option<Millis>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Millis>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<CronRunStatus>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When the job is due next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at_ms: Option<Millis>,
}

/// What happened to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CronAction {
    /// It was added.
    Added,
    /// It was changed.
    Updated,
    /// It was removed.
    Removed,
    /// It runs.
    Started,
    /// It has run.
    Finished,
}
