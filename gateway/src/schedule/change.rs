//! What people do with jobs: add, change, remove, run, look at.

use schemas::bounds::MAX_SCHEDULES;
use schemas::clock::Millis;
use schemas::methods::cron::{CronAction, CronAddParams, CronJob, CronRunEntry, CronRunMode};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::job::{Job, entry};
use super::{ScheduleError, Schedules};
use crate::store::schedules::{self as rows, Firing, RunFilter, ScheduleRow};

impl Schedules {
    /// Adds a job.
    pub async fn add(&self, org: &str, actor: &str, asked: CronAddParams) -> Result<CronJob, ScheduleError> {
        let parts = &self.0.parts;
        let now = parts.clock.now();
        let row = ScheduleRow {
            no: 0,
            id: Uuid::new_v4().to_string(),
            org: org.to_owned(),
            actor: actor.to_owned(),
            definition: String::new(),
            enabled: true,
            next_at: None,
            created_at: now,
            updated_at: now,
            last_at: None,
            last_status: None,
            last_error: None,
            last_ms: None,
            errors: 0,
            running_at: None,
        };
        let job = Job::new(row, asked, &parts.engine.roster(), now)?;
        let row = job.row.clone();
        let stored = parts.store.write(move |db| {
            let (count, _) = rows::outlook(db, None)?;
            if usize::try_from(count).unwrap_or(0) >= MAX_SCHEDULES {
                return Ok(false);
            }
            rows::insert(db, &row).map(|()| true)
        });
        if !stored.await? {
            return Err(ScheduleError::TooMany(MAX_SCHEDULES));
        }
        self.changed(&job.row, CronAction::Added);
        Ok(job.shown())
    }

    /// Changes a job. What it is due at is counted anew.
    pub async fn update(
        &self,
        org: &str,
        id: &str,
        patch: Map<String, Value>,
    ) -> Result<CronJob, ScheduleError> {
        let parts = &self.0.parts;
        let known = self.find(org, id).await?;
        let seen = known.row.updated_at;
        let now = parts.clock.now().max(seen + 1);
        let same_time = !patch.contains_key("schedule");
        let asked = known.patched(patch)?;
        let row = ScheduleRow { updated_at: now, ..known.row.clone() };
        let mut job = Job::new(row, asked, &parts.engine.roster(), now)?;
        if same_time && known.row.enabled && job.row.enabled {
            // A new text does not make a job late, nor let it off an instant that it owes.
            job.row.next_at = known.row.next_at;
        }
        let row = job.row.clone();
        if !parts.store.write(move |db| rows::update(db, &row, seen)).await? {
            return Err(ScheduleError::Changed);
        }
        self.changed(&job.row, CronAction::Updated);
        Ok(job.shown())
    }

    /// Removes a job; `false`: there was none.
    pub async fn remove(&self, org: &str, id: &str) -> Result<bool, ScheduleError> {
        let Ok(known) = self.find_row(org, id).await else { return Ok(false) };
        let (org, id) = (org.to_owned(), id.to_owned());
        let removed = self.0.parts.store.write(move |db| rows::remove(db, &org, &id)).await?;
        if removed {
            self.changed(&ScheduleRow { next_at: None, ..known }, CronAction::Removed);
        }
        Ok(removed)
    }

    /// Runs a job beside its schedule; returns the run, or why there is none.
    pub async fn run_now(
        &self,
        org: &str,
        id: &str,
        mode: CronRunMode,
    ) -> Result<Result<String, &'static str>, ScheduleError> {
        let job = self.find(org, id).await?;
        let now = self.0.parts.clock.now();
        match mode {
            CronRunMode::IfEnabled if !job.row.enabled => return Ok(Err("disabled")),
            CronRunMode::Due if job.row.next_at.is_none_or(|next| next > now) => return Ok(Err("not-due")),
            _ => {}
        }
        let key = job.key(&self.0.parts.engine.roster())?;
        let firing = Firing {
            no: job.row.no,
            expected: None,
            next_at: None,
            instant: now,
            run_id: format!("cron:{}:{}", job.row.id, Uuid::new_v4()),
            session_key: key.to_string(),
            at: now,
        };
        let run_id = firing.run_id.clone();
        self.start(&job, key, firing, false).await?;
        Ok(Ok(run_id))
    }

    /// Returns a job.
    pub async fn get(&self, org: &str, id: &str) -> Result<CronJob, ScheduleError> {
        Ok(self.find(org, id).await?.shown())
    }

    /// Returns an organisation's jobs, in the order in which they were added.
    pub async fn list(&self, org: &str) -> Result<Vec<CronJob>, ScheduleError> {
        let org = org.to_owned();
        let found = self.0.parts.store.read(move |db| rows::list(db, &org)).await?;
        let jobs = found.into_iter().filter_map(|row| {
            let id = row.id.clone();
            let read = Job::read(row);
            if let Err(error) = &read {
                tracing::warn!(job = %id, %error, "A scheduled job cannot be shown");
            }
            read.ok()
        });
        Ok(jobs.map(Job::shown).collect())
    }

    /// Returns how many jobs there are and when the next one is due.
    pub async fn outlook(&self, org: &str) -> Result<(u64, Option<Millis>), ScheduleError> {
        let org = org.to_owned();
        let (count, next) = self.0.parts.store.read(move |db| rows::outlook(db, Some(&org))).await?;
        Ok((u64::try_from(count).unwrap_or(0), next))
    }

    /// Returns runs that have ended, and how many fit.
    pub async fn history(
        &self,
        org: &str,
        filter: RunFilter,
    ) -> Result<(Vec<CronRunEntry>, u32), ScheduleError> {
        let org = org.to_owned();
        let (found, total) = self.0.parts.store.read(move |db| rows::runs(db, &org, &filter)).await?;
        Ok((found.into_iter().map(entry).collect(), total))
    }

    async fn find(&self, org: &str, id: &str) -> Result<Job, ScheduleError> {
        Job::read(self.find_row(org, id).await?)
    }

    async fn find_row(&self, org: &str, id: &str) -> Result<ScheduleRow, ScheduleError> {
        let (org, name) = (org.to_owned(), id.to_owned());
        let row = self.0.parts.store.read(move |db| rows::find(db, &org, &name)).await?;
        row.ok_or_else(|| ScheduleError::Unknown(id.to_owned()))
    }

    /// Tells everybody, the timer too.
    fn changed(&self, row: &ScheduleRow, action: CronAction) {
        self.tell(row, action, |_| {});
        self.nudge();
    }

    /// Has the timer look at the clock again, which somebody has moved.
    pub(crate) fn nudge(&self) {
        self.0.changed.notify_one();
    }
}
