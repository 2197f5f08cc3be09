//! Runs that the clock starts. The rows say what is due; one timer sleeps until the next instant.
//!
//! An instant is decided about once: the row moves on in the commit that stores the run's task, so that a gateway that
//! is killed at any moment has either started the run or will decide about the instant again.

mod change;
mod job;
mod timing;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use schemas::Clock;
use schemas::bounds::{MAX_SCHEDULE_HISTORY, MAX_SCHEDULES_AT_ONCE};
use schemas::clock::Millis;
use schemas::error::{DetailCode, WireError};
use schemas::event::Event;
use schemas::methods::cron::{CronAction, CronAddParams, CronEvent, CronRunStatus, Misfire};
use schemas::task::TaskState;
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::hub::Hub;
use crate::store::schedules::{self as rows, Firing, OpenRun, RunEnd, ScheduleRow};
use crate::store::{Store, StoreError};
use crate::tasks::{Along, End, Engine, SubmitError};
use job::Job;

pub(crate) use job::conditions;
pub use timing::BadSchedule;

/// What schedules are built from.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Who is told.
    pub hub: Arc<Hub>,
    /// Where runs are submitted.
    pub engine: Arc<Engine>,
    /// Rung when a task has ended.
    pub ended: Arc<Notify>,
}

/// The scheduled jobs. Clones share them.
#[derive(Clone, Debug)]
pub struct Schedules(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// Rung when a job was added or changed.
    changed: Notify,
    instance: String,
}

/// Why nothing was done about a job.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// It cannot be kept.
    #[error(transparent)]
    Bad(#[from] BadSchedule),
    /// Another part of it is wrong.
    #[error("{0}")]
    Invalid(String),
    /// No such agent.
    #[error("unknown agent id \"{0}\"; `agents.list` names those there are")]
    UnknownAgent(String),
    /// No such job.
    #[error("there is no scheduled job \"{0}\"; `cron.list` names those there are")]
    Unknown(String),
    /// Too many jobs.
    #[error("there are {0} scheduled jobs, and no more are kept; remove some")]
    TooMany(usize),
    /// Someone else changed it.
    #[error("the job was changed meanwhile; read it again")]
    Changed,
    /// It was stored by another version.
    #[error("the stored job cannot be read")]
    Unreadable,
    /// Its run was not accepted.
    #[error(transparent)]
    Refused(#[from] SubmitError),
    /// The store failed.
    #[error("the job could not be stored")]
    Store(#[from] StoreError),
}

impl From<ScheduleError> for WireError {
    fn from(error: ScheduleError) -> Self {
        let text = error.to_string();
        match error {
            ScheduleError::Bad(_) => Self::invalid(text).detail(DetailCode::ScheduleInvalid),
            ScheduleError::Invalid(_) => Self::invalid(text),
            ScheduleError::UnknownAgent(agent) => {
                Self::invalid(text).details(json!({ "code": DetailCode::UnknownAgentId, "agentId": agent }))
            }
            ScheduleError::Unknown(_) => Self::not_found(text).detail(DetailCode::UnknownSchedule),
            ScheduleError::TooMany(_) => Self::invalid(text).detail(DetailCode::TooManySchedules),
            ScheduleError::Changed => Self::invalid(text).detail(DetailCode::ScheduleChanged),
            ScheduleError::Refused(error) => error.into(),
            ScheduleError::Store(error) => error.into(),
            ScheduleError::Unreadable => StoreError::Corrupt { what: "schedule" }.into(),
        }
    }
}

impl Schedules {
    /// Builds them; nothing is due before [`Schedules::run`].
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, changed: Notify::new(), instance: Uuid::new_v4().to_string() }))
    }

    /// Returns what changes when the gateway is started anew.
    pub fn instance(&self) -> &str {
        &self.0.instance
    }

    /// Starts what is due, now and whenever something is; never returns.
    pub async fn run(self) {
        loop {
            let wait = match self.turn().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, source = ?std::error::Error::source(&error), "Schedules could not be looked at");
                    Some(AFTER_FAILURE)
                }
            };
            let timer = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = timer => {}
                () = self.0.changed.notified() => {}
                () = self.0.parts.ended.notified() => {}
            }
        }
    }

    /// Settles runs that have ended, starts what is due and returns how long there is nothing to do; `None`: until
    /// something changes.
    async fn turn(&self) -> Result<Option<Duration>, StoreError> {
        let parts = &self.0.parts;
        self.settle().await?;
        loop {
            let now = parts.clock.now();
            let due = parts.store.read(move |db| rows::due(db, now, MAX_SCHEDULES_AT_ONCE)).await?;
            let stuck = due.len();
            let done = join_all(due.into_iter().map(|row| self.decide(row, now))).await;
            let done: usize =
                done.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().map(usize::from).sum();
            if done == 0 {
                let next = parts.store.read(|db| rows::outlook(db, None)).await?.1;
                let wait = next.map(|next| Duration::from_millis(u64::try_from(next - now).unwrap_or(0)));
                let longest = if stuck > 0 { BUSY_WAIT } else { LONGEST_SLEEP };
                let shortest = if stuck > 0 { BUSY_WAIT } else { Duration::ZERO };
                return Ok(wait.map(|wait| wait.clamp(shortest, longest)));
            }
        }
    }

    /// Decides about the instant that a job is due at; `false`: it has to wait.
    async fn decide(&self, row: ScheduleRow, now: Millis) -> Result<bool, StoreError> {
        let (parts, Some(expected)) = (&self.0.parts, row.next_at) else { return Ok(true) };
        let roster = parts.engine.roster();
        let read = Job::read(row.clone()).and_then(|job| Ok((job.key(&roster)?, job)));
        let (key, job) = match read {
            Ok(read) => read,
            Err(error) => {
                self.put_aside(&row, expected, now, &error.to_string()).await?;
                return Ok(true);
            }
        };
        let misfire = job.asked.misfire;
        let due = job.timing.decide(expected, now, misfire);
        let instant = due.fire.unwrap_or(expected);
        let firing = Firing {
            no: row.no,
            expected: Some(expected),
            next_at: due.next,
            instant,
            run_id: format!("cron:{}:{instant}", row.id),
            session_key: key.to_string(),
            at: now,
        };
        if due.fire.is_none() {
            parts.store.write(move |db| rows::leave_out(db, &firing, MISSED)).await?;
            self.tell(&row, CronAction::Finished, |event| {
                (event.status, event.error) = (Some(CronRunStatus::Skipped), Some(MISSED.into()));
            });
            return Ok(true);
        }
        match self.start(&job, key, firing.clone(), due.left_out).await {
            // Or someone changed or removed the job in this moment.
            Ok(true) | Err(SubmitError::OtherSession) => Ok(true),
            // The clock was set back, and the instant came again.
            Ok(false) => parts.store.write(move |db| rows::leave_out(db, &firing, REPEATED)).await,
            Err(SubmitError::Full | SubmitError::TooMuch) if misfire == Misfire::All => Ok(false),
            Err(SubmitError::Stopping | SubmitError::Store) => Ok(false),
            Err(error) => {
                let why = error.to_string();
                tracing::warn!(job = %row.id, %error, "A scheduled run was not accepted");
                parts.store.write(move |db| rows::leave_out(db, &firing, &why)).await
            }
        }
    }

    /// Submits a run; its row is part of the task's commit. Returns whether there was none of that name.
    async fn start(
        &self,
        job: &Job,
        key: schemas::session::SessionKey,
        firing: Firing,
        left_out: bool,
    ) -> Result<bool, SubmitError> {
        let submission = job.submission(key.clone(), firing.run_id.clone());
        let (instant, isolated) = (firing.instant, job.is_isolated());
        let (org, actor) = (submission.org.to_string(), submission.actor.to_string());
        let along = Along::new(move |db, task| {
            rows::fire(db, &firing, task, left_out.then_some(MISSED))?;
            if isolated && crate::store::sessions::find(db, &org, key.as_str())?.is_some() {
                crate::store::sessions::reset(db, &org, key.as_str(), &actor, Some(task), firing.at)?;
            }
            Ok(())
        });
        let ticket = self.0.parts.engine.submit_along(submission, along).await?;
        if ticket.fresh {
            self.tell(&job.row, CronAction::Started, |event| event.run_at_ms = Some(instant));
        }
        Ok(ticket.fresh)
    }

    /// Switches a job off that cannot be kept any more.
    async fn put_aside(
        &self,
        row: &ScheduleRow,
        expected: Millis,
        now: Millis,
        why: &str,
    ) -> Result<(), StoreError> {
        tracing::warn!(job = %row.id, why, "A scheduled job was switched off");
        let firing = Firing {
            no: row.no,
            expected: Some(expected),
            next_at: None,
            instant: expected,
            run_id: format!("cron:{}:{expected}", row.id),
            session_key: String::new(),
            at: now,
        };
        let why = why.to_owned();
        self.0.parts.store.write(move |db| rows::leave_out(db, &firing, &why)).await.map(drop)
    }

    /// Writes down how runs ended.
    async fn settle(&self) -> Result<(), StoreError> {
        let store = &self.0.parts.store;
        for run in store.read(rows::unsettled).await? {
            let no = run.schedule;
            let end = end_of(&run);
            let (written, instant) = (end.clone(), run.instant);
            let settle = move |db: &crate::store::Db| {
                rows::settle(db, &written, MAX_SCHEDULE_HISTORY)?;
                let row = rows::by_no(db, no)?;
                let asked =
                    row.as_ref().and_then(|row| serde_json::from_str::<CronAddParams>(&row.definition).ok());
                let over = asked.is_some_and(|asked| asked.delete_after_run == Some(true));
                if let Some(row) =
                    row.as_ref().filter(|row| over && row.next_at.is_none() && written.status == "ok")
                {
                    rows::remove(db, &row.org, &row.id)?;
                }
                Ok(row)
            };
            let Some(row) = store.write(settle).await? else { continue };
            self.tell(&row, CronAction::Finished, |event| {
                event.run_at_ms = Some(instant);
                event.status = end.status.parse().ok();
                (event.error, event.summary, event.duration_ms) = (end.error, end.summary, end.took);
            });
        }
        Ok(())
    }

    fn tell(&self, row: &ScheduleRow, action: CronAction, fill: impl FnOnce(&mut CronEvent)) {
        let mut event = CronEvent {
            job_id: row.id.clone(),
            action,
            job: None,
            run_at_ms: None,
            duration_ms: None,
            status: None,
            error: None,
            summary: None,
            next_run_at_ms: row.next_at,
        };
        if matches!(action, CronAction::Added | CronAction::Updated) {
            event.job = Job::read(row.clone()).ok().map(Job::shown);
        }
        fill(&mut event);
        self.0.parts.hub.publish(Event::Cron, &event, None);
    }
}

/// Returns how a run ended, from how its task ended.
fn end_of(run: &OpenRun) -> RunEnd {
    let end: Option<End> = run.outcome.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let well = run.state == <&str>::from(TaskState::Completed);
    let failure = end.as_ref().and_then(|end| end.failure.as_ref()).map(|failure| failure.message.clone());
    let stopped = || end.as_ref().and_then(|end| end.stop_reason.clone());
    RunEnd {
        seq: run.seq,
        schedule: run.schedule,
        status: if well { "ok" } else { "error" },
        error: (!well).then(|| failure.or_else(stopped).unwrap_or_else(|| run.state.clone())),
        summary: end
            .as_ref()
            .and_then(|end| end.text.as_deref())
            .map(beginning)
            .filter(|text| !text.is_empty()),
        ended_at: run.ended_at,
        took: end.and_then(|end| Some(end.ended_at - end.started_at?)),
    }
}

/// Returns the beginning of an answer.
fn beginning(text: &str) -> String {
    text.trim().chars().take(SUMMARY).collect()
}

/// What the names of all runs of scheduled jobs begin with.
pub const RUNS: &str = "cron:";
/// Why an instant was left out.
const MISSED: &str = "the gateway was not running";
/// Why an instant was left out that came twice.
const REPEATED: &str = "the clock was set back: it has run for this instant";
/// Characters of an answer that the history keeps.
const SUMMARY: usize = 2000;
/// Longest sleep: the machine may have slept meanwhile, or somebody set its clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Pause before a conversation that is full is tried again.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Pause after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
