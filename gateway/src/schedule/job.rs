//! A job: from what was asked for to what is stored, submitted and shown.

use schemas::clock::Millis;
use schemas::methods::cron::{
    CronAddParams, CronJob, CronJobState, CronPayload, CronRunEntry, CronRunStatus, RunOptions,
};
use schemas::session::SessionKey;
use schemas::target::Target;
use schemas::task::QueueMode;
use serde_json::{Map, Value};

use super::ScheduleError;
use super::timing::Timing;
use crate::store::schedules::{RunRow, ScheduleRow};
use crate::tasks::{Asker, Kind, MAX_RETRIES, Request, Roster, Submission, Work};

/// A job as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) row: ScheduleRow,
    pub(super) asked: CronAddParams,
    pub(super) timing: Timing,
}

impl Job {
    /// Reads a stored job.
    pub(super) fn read(row: ScheduleRow) -> Result<Self, ScheduleError> {
        let asked: CronAddParams =
            serde_json::from_str(&row.definition).map_err(|_| ScheduleError::Unreadable)?;
        let timing = Timing::read(&asked.schedule, row.created_at, &row.id)?;
        Ok(Self { row, asked, timing })
    }

    /// Checks what was asked for and writes it into the row.
    pub(super) fn new(
        mut row: ScheduleRow,
        mut asked: CronAddParams,
        roster: &Roster,
        now: Millis,
    ) -> Result<Self, ScheduleError> {
        if asked.name.trim().is_empty() {
            return Err(ScheduleError::Invalid("/name must not be empty".into()));
        }
        // Workers know agents of their own.
        let here = asked.work.as_ref().is_none_or(|work| work.on.is_none());
        let named = asked.agent_id.as_deref().filter(|_| here);
        if let Some(agent) = named.filter(|agent| roster.get(agent).is_none()) {
            return Err(ScheduleError::UnknownAgent(agent.to_owned()));
        }
        if let CronPayload::AgentTurn { model, .. } = &asked.payload {
            // The model's name becomes an argument of the agent's program: it must not look like an option.
            if model.as_deref().is_some_and(|model| model.starts_with('-')) {
                return Err(ScheduleError::Invalid("/payload/model must not begin with a dash".into()));
            }
        }
        work_of(&asked).map_err(ScheduleError::Invalid)?;
        asked.idempotency_key = None;
        let timing = Timing::read(&asked.schedule, row.created_at, &row.id)?;
        row.enabled = asked.enabled.take().unwrap_or(true);
        row.next_at = timing.next_after(now).filter(|_| row.enabled);
        row.definition = serde_json::to_string(&asked).map_err(|_| ScheduleError::Unreadable)?;
        let job = Self { row, asked, timing };
        job.key(roster)?;
        Ok(job)
    }

    /// Returns the job with a patch laid over what was asked for. Texts of payload and delivery are changed one by
    /// one, unless they become those of another kind.
    pub(super) fn patched(&self, patch: Map<String, Value>) -> Result<CronAddParams, ScheduleError> {
        let mut asked = serde_json::to_value(&self.asked).map_err(|_| ScheduleError::Unreadable)?;
        asked["enabled"] = self.row.enabled.into();
        let Some(fields) = asked.as_object_mut() else { return Err(ScheduleError::Unreadable) };
        for (name, value) in patch {
            match (name.as_str(), value) {
                ("state", _) => {}
                (_, Value::Null) => drop(fields.remove(&name)),
                ("payload" | "delivery", Value::Object(inner)) => lay_over(fields, name, inner),
                (_, value) => drop(fields.insert(name, value)),
            }
        }
        serde_json::from_value(asked).map_err(|error| ScheduleError::Invalid(format!("/patch: {error}")))
    }

    /// Returns the conversation of its runs.
    pub(super) fn key(&self, roster: &Roster) -> Result<SessionKey, ScheduleError> {
        let agent = self.asked.agent_id.as_deref().unwrap_or(&roster.default);
        let parse = |text: &str| {
            SessionKey::parse(text, Some(agent))
                .map_err(|error| ScheduleError::Invalid(format!("/sessionTarget: {error}")))
        };
        match (self.asked.session_target.as_str(), &self.asked.session_key) {
            ("main", _) | ("current", None) => Ok(SessionKey::main(agent)),
            ("isolated", _) => parse(&format!("cron:{}", self.row.id)),
            ("current", Some(key)) => parse(key),
            (target, _) => match target.strip_prefix("session:") {
                Some(key) => parse(key),
                None => Err(ScheduleError::Invalid(format!(
                    "/sessionTarget \"{target}\": use main, isolated, current or session:KEY"
                ))),
            },
        }
    }

    /// Says whether each run begins without what earlier ones said.
    pub(super) fn is_isolated(&self) -> bool {
        self.asked.session_target == "isolated"
    }

    /// Returns what the engine is given for a run.
    pub(super) fn submission(&self, key: SessionKey, run_id: String) -> Submission {
        let (kind, message, model, limit) = match &self.asked.payload {
            CronPayload::SystemEvent { text } => (Kind::Wake, text, None, None),
            CronPayload::AgentTurn { message, model, timeout_seconds, .. } => {
                (Kind::Agent, message, model.clone(), *timeout_seconds)
            }
        };
        // What was stored was checked.
        let work = work_of(&self.asked).ok().flatten();
        let kind = if work.is_some() { Kind::Work } else { kind };
        let limit = limit.filter(|seconds| *seconds > 0.0).map(std::time::Duration::try_from_secs_f64);
        Submission {
            org: self.row.org.as_str().into(),
            actor: format!("cron:{}", self.row.id).into(),
            run_id,
            kind,
            key,
            session_id: None,
            label: None,
            request: Request {
                message: message.clone(),
                attachments: Vec::new(),
                model,
                timeout_ms: limit
                    .and_then(Result::ok)
                    .map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
                // Each instant is a run of its own.
                mode: QueueMode::Followup,
                command: false,
                asker: Asker::default(),
                work: work.map(Box::new),
            },
            uploads: Vec::new(),
        }
    }

    /// Returns the job as clients see it.
    pub(super) fn shown(self) -> CronJob {
        let (row, asked) = (self.row, self.asked);
        CronJob {
            id: row.id,
            name: asked.name,
            description: asked.description,
            agent_id: asked.agent_id,
            session_key: asked.session_key,
            enabled: row.enabled,
            delete_after_run: asked.delete_after_run,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
            schedule: asked.schedule,
            session_target: asked.session_target,
            wake_mode: asked.wake_mode,
            payload: asked.payload,
            delivery: asked.delivery,
            misfire: asked.misfire,
            work: asked.work,
            state: CronJobState {
                next_run_at_ms: row.next_at,
                running_at_ms: row.running_at,
                last_run_at_ms: row.last_at,
                last_run_status: row.last_status.as_deref().and_then(|status| status.parse().ok()),
                last_error: row.last_error,
                last_duration_ms: row.last_ms,
                consecutive_errors: u64::try_from(row.errors).ok().filter(|count| *count > 0),
            },
        }
    }
}

/// Returns the conditions of a job's runs, if it names any.
fn work_of(asked: &CronAddParams) -> Result<Option<Work>, String> {
    let only = match &asked.payload {
        CronPayload::AgentTurn { tools_allow, .. } => tools_allow.clone(),
        CronPayload::SystemEvent { .. } => None,
    };
    let mut options = asked.work.clone();
    if let Some(tools) = only {
        let permissions = options.get_or_insert_default().permissions.get_or_insert_default();
        if permissions.allowed_tools.is_some() {
            return Err(
                "/payload/toolsAllow and /work/permissions/allowedTools say the same; give one".into()
            );
        }
        permissions.allowed_tools = Some(tools);
    }
    options.map(|options| conditions(options, asked.agent_id.is_some(), &asked.name)).transpose()
}

/// Returns the conditions that a job or a hook names for its runs.
pub(crate) fn conditions(options: RunOptions, named: bool, title: &str) -> Result<Work, String> {
    let target = options.on.as_deref().map_or(Ok(Target::Local), str::parse);
    Ok(Work {
        target: target.map_err(|why| format!("/work/on: {why}"))?,
        named,
        permissions: options.permissions,
        budget_usd: options.budget_usd,
        isolation: options.isolation,
        max_retries: options.max_retries.unwrap_or(MAX_RETRIES),
        priority: options.priority.unwrap_or_default(),
        title: Some(title.chars().take(256).collect()),
        ..Work::default()
    })
}

/// Returns a run as clients see it.
pub(super) fn entry(row: RunRow) -> CronRunEntry {
    let name = serde_json::from_str::<CronAddParams>(&row.definition).ok().map(|asked| asked.name);
    CronRunEntry {
        ts: row.ended_at,
        job_id: row.job,
        action: "finished".into(),
        status: row.status.parse().unwrap_or(CronRunStatus::Error),
        error: row.error,
        summary: row.summary,
        session_key: Some(row.session_key),
        run_id: Some(row.run_id),
        run_at_ms: Some(row.instant),
        duration_ms: row.took,
        job_name: name,
    }
}

fn lay_over(fields: &mut Map<String, Value>, name: String, patch: Map<String, Value>) {
    let known = fields.get(&name).and_then(Value::as_object).cloned().unwrap_or_default();
    let differs = patch.get("kind").is_some_and(|kind| known.get("kind") != Some(kind));
    let mut merged = if differs { Map::new() } else { known };
    for (name, value) in patch {
        if value.is_null() {
            merged.remove(&name);
        } else {
            merged.insert(name, value);
        }
    }
    fields.insert(name, Value::Object(merged));
}
