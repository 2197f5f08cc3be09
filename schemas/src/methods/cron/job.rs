//! What a job is: when, what, where, and how it went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::work::{Isolation, TaskPermissions};

/// When a job is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum CronSchedule {
    /// Once.
    At {
        /// RFC 3339; a time without an offset is UTC.
        #[schemars(length(min = 1, max = 64))]
        at: String,
    },
    /// Every so often.
    Every {
        /// Milliseconds between two runs, from 1000.
        #[schemars(range(min = 1))]
        every_ms: Millis,
        /// An instant that the series runs through; when the job was added, without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0))]
        anchor_ms: Option<Millis>,
    },
    /// By a cron expression of five fields, or six with seconds in front.
    Cron {
        /// Minute, hour, day of month, month, day of week; names, `L`, `W`, `#` and `@daily` are understood.
        #[schemars(length(min = 1, max = 256))]
        expr: String,
        /// IANA name of the time zone whose clock is meant; the gateway machine's own, without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tz: Option<String>,
        /// Spreads jobs: each is late by an amount of its own below this many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0, max = 86_400_000))]
        stagger_ms: Option<Millis>,
    },
}

/// What a run of a job is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CronPayload {
    /// Something to think about, for the agent's own conversation.
    SystemEvent {
        /// What.
        #[schemars(length(min = 1))]
        text: String,
    },
    /// A message to an agent.
    AgentTurn {
        /// What to do.
        #[schemars(length(min = 1))]
        message: String,
        /// Model for these runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// How hard to think; each agent has its own way to be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thinking: Option<String>,
        /// Time limit of a run in seconds; the agent's own, without it or with 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0))]
        timeout_seconds: Option<f64>,
        /// The only tools that these runs may use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tools_allow: Option<Vec<String>>,
    },
}

/// Whether a job waits for the agent's next heartbeat; both mean at once here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CronWakeMode {
    /// At once.
    #[default]
    Now,
    /// With the next heartbeat.
    NextHeartbeat,
}

/// What becomes of instants that passed while the gateway was not running.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumString,
    strum::Display,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Misfire {
    /// They are left out.
    Skip,
    /// The job runs once for all of them.
    #[default]
    Once,
    /// The job runs for each, oldest first.
    All,
}

impl Misfire {
    /// Says whether this is what a job does that says nothing about it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the answer of a run is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronDelivery {
    /// How.
    pub mode: CronDeliveryMode,
    /// The platform, for `announce`; `last` is where the conversation was last written to from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The chat on that platform, or the address to post to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The account on that platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The thread or topic in that chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<Value>,
    /// Whether a run counts as well although its answer could not be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_effort: Option<bool>,
}

/// How the answer of a run is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CronDeliveryMode {
    /// Not at all; it stays in the conversation.
    #[default]
    None,
    /// As a message to a chat.
    Announce,
    /// As a post to an address.
    Webhook,
}

/// On which conditions the runs of a job or hook are performed, as in `tasks.dispatch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunOptions {
    /// Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub on: Option<String>,
    /// What a run may do; never more than the agent and the worker allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<TaskPermissions>,
    /// The most that a run may cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub budget_usd: Option<f64>,
    /// How a run is kept apart from other work in the same folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// Further runs after one that failed through something that passes; 3 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub max_retries: Option<u32>,
    /// Which goes first among those that wait for a place; 0 if absent, more is sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -100, max = 100))]
    pub priority: Option<i32>,
}

/// A job as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronAddParams {
    /// Its name for people.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The agent; the default one, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation of `current`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Whether it is switched on, which it is without this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether it is removed once it ran well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_run: Option<bool>,
    /// When.
    pub schedule: CronSchedule,
    /// `main`, `isolated`, `current` or `session:<key>`.
    pub session_target: String,
    /// Whether to wait.
    pub wake_mode: CronWakeMode,
    /// What.
    pub payload: CronPayload,
    /// Where the answer goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<CronDelivery>,
    /// What becomes of missed instants.
    #[serde(default, skip_serializing_if = "Misfire::is_default")]
    pub misfire: Misfire,
    /// On which conditions its runs are performed; here, as the agent is configured, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<RunOptions>,
    /// Same key, same job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronJob {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it is removed once it ran well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_run: Option<bool>,
    /// When it was added.
    pub created_at_ms: Millis,
    /// When it was last changed.
    pub updated_at_ms: Millis,
    /// When it is due.
    pub schedule: CronSchedule,
    /// `main`, `isolated`, `current` or `session:<key>`.
    pub session_target: String,
    /// Whether it waits.
    pub wake_mode: CronWakeMode,
    /// What a run is given.
    pub payload: CronPayload,
    /// Where the answer goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<CronDelivery>,
    /// What becomes of missed instants.
    #[serde(default, skip_serializing_if = "Misfire::is_default")]
    pub misfire: Misfire,
    /// On which conditions its runs are performed; here, as the agent is configured, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<RunOptions>,
    /// How it went.
    pub state: CronJobState,
}

/// How a job went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronJobState {
    /// When it is due next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at_ms: Option<Millis>,
    /// Since when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_at_ms: Option<Millis>,
    /// When it last began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_at_ms: Option<Millis>,
    /// How that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_status: Option<CronRunStatus>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_duration_ms: Option<Millis>,
    /// Runs in a row that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_errors: Option<u64>,
}

/// How a run ended.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum CronRunStatus {
    /// Well.
    Ok,
    /// It failed, or was stopped.
    Error,
    /// It was left out.
    Skipped,
}
