//! Scheduled jobs, with the whole gateway and a clock that the test moves.

use std::path::Path;

use schemas::methods::cron::{CronAddParams, CronJob, CronRunEntry, CronRunMode, CronRunStatus};
use serde_json::{Value, json};

use super::super::*;
use crate::store::schedules::RunFilter;

/// Noon of a day in UTC.
const NOON: i64 = 1_795_262_400_000;

/// A gateway whose agent answers at once.
struct World {
    gateway: Running,
    clock: Clock,
}

impl World {
    async fn new(home: &Path, clock: &Clock) -> Self {
        Self::with(home, clock, "command = [\"/bin/cat\"]").await
    }

    async fn with(home: &Path, clock: &Clock, agent: &str) -> Self {
        let text = format!("[gateway]\nport = 0\n[agents.main]\nexecutor = \"command\"\n{agent}\n");
        let overrides = Overrides { home: Some(home.to_owned()), ..Overrides::default() };
        let config = Config::from_text(&text, &overrides).unwrap();
        let log_file = home.join("log");
        let options = StartOptions { overrides, path_env: None, log_file, clock: clock.clone() };
        Self { gateway: start(config, options).await.unwrap(), clock: clock.clone() }
    }

    fn schedules(&self) -> &Schedules {
        &self.gateway.services.schedules
    }

    async fn add(&self, schedule: Value, more: Value) -> CronJob {
        let mut params = json!({
            "name": "a job", "schedule": schedule, "sessionTarget": "isolated", "wakeMode": "now",
            "payload": { "kind": "agentTurn", "message": "think" },
        });
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        let params: CronAddParams = serde_json::from_value(params).unwrap();
        self.schedules().add("default", "token", params).await.unwrap()
    }

    async fn runs(&self) -> Vec<CronRunEntry> {
        let filter = RunFilter { limit: 200, oldest_first: true, ..RunFilter::default() };
        self.schedules().history("default", filter).await.unwrap().0
    }

    /// Moves the clock, and waits until so many runs have ended.
    async fn until_runs(&self, forward: i64, count: usize) -> Vec<CronRunEntry> {
        self.clock.advance(forward);
        self.schedules().nudge();
        for _ in 0..4000 {
            let runs = self.runs().await;
            if runs.len() >= count {
                return runs;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{count} runs never ended, but {:?}", self.runs().await);
    }
}

fn outcomes(runs: &[CronRunEntry]) -> Vec<(i64, CronRunStatus)> {
    runs.iter().map(|run| (run.run_at_ms.unwrap() - NOON, run.status)).collect()
}

#[tokio::test]
async fn a_job_runs_when_it_is_due_and_its_answer_is_in_the_history() {
    let (home, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOON));
    let world = World::new(home.path(), &clock).await;
    let job = world.add(json!({ "kind": "every", "everyMs": 60_000 }), json!({})).await;
    assert_eq!(job.state.next_run_at_ms, Some(NOON + 60_000));
    let runs = world.until_runs(60_000, 1).await;
    assert_eq!(outcomes(&runs), [(60_000, CronRunStatus::Ok)]);
    assert_eq!(runs[0].summary.as_deref(), Some("think"));
    assert_eq!(runs[0].session_key, Some(format!("agent:main:cron:{}", job.id)));
    let runs = world.until_runs(60_000, 2).await;
    assert_eq!(runs[1].run_id, Some(format!("cron:{}:{}", job.id, NOON + 120_000)));
    let job = world.schedules().get("default", &job.id).await.unwrap();
    assert_eq!(job.state.last_run_status, Some(CronRunStatus::Ok));
    assert_eq!(job.state.next_run_at_ms, Some(NOON + 180_000));
    world.gateway.stop().await;
}

#[tokio::test]
async fn what_was_missed_is_run_as_the_job_says() {
    let (home, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOON));
    let world = World::new(home.path(), &clock).await;
    let every = json!({ "kind": "every", "everyMs": 600_000 });
    let mut ids = Vec::new();
    for misfire in ["skip", "once", "all"] {
        ids.push(world.add(every.clone(), json!({ "misfire": misfire })).await.id);
    }
    world.gateway.stop().await;
    clock.advance(1_900_000);
    let world = World::new(home.path(), &clock).await;
    let runs = world.until_runs(0, 6).await;
    let of =
        |id: &String| outcomes(&runs.iter().filter(|run| run.job_id == *id).cloned().collect::<Vec<_>>());
    assert_eq!(of(&ids[0]), [(600_000, CronRunStatus::Skipped)]);
    assert_eq!(of(&ids[1]), [(600_000, CronRunStatus::Skipped), (1_800_000, CronRunStatus::Ok)]);
    assert_eq!(of(&ids[2]), [600_000, 1_200_000, 1_800_000].map(|at| (at, CronRunStatus::Ok)));
    world.gateway.stop().await;
}

#[tokio::test]
async fn once_means_once_and_it_may_go_afterwards() {
    let (home, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOON));
    let world = World::new(home.path(), &clock).await;
    let soon =
        json!({ "kind": "at", "at": jiff::Timestamp::from_millisecond(NOON + 5000).unwrap().to_string() });
    let kept = world.add(soon.clone(), json!({})).await;
    world.until_runs(5000, 1).await;
    let kept = world.schedules().get("default", &kept.id).await.unwrap();
    assert!(!kept.enabled && kept.state.next_run_at_ms.is_none());
    let soon =
        json!({ "kind": "at", "at": jiff::Timestamp::from_millisecond(NOON + 9000).unwrap().to_string() });
    let gone = world.add(soon, json!({ "deleteAfterRun": true })).await;
    world.clock.advance(4000);
    world.schedules().nudge();
    while world.schedules().get("default", &gone.id).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.schedules().list("default").await.unwrap().len(), 1);
    world.gateway.stop().await;
}

#[tokio::test]
async fn a_paused_job_is_not_due_but_runs_when_asked() {
    let (home, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOON));
    let world = World::new(home.path(), &clock).await;
    let job = world.add(json!({ "kind": "every", "everyMs": 1000 }), json!({})).await;
    let patch = json!({ "enabled": false }).as_object().unwrap().clone();
    let paused = world.schedules().update("default", &job.id, patch).await.unwrap();
    assert_eq!((paused.enabled, paused.state.next_run_at_ms), (false, None));
    world.clock.advance(10_000);
    let asked = |mode| world.schedules().run_now("default", &job.id, mode);
    assert_eq!(asked(CronRunMode::IfEnabled).await.unwrap(), Err("disabled"));
    assert_eq!(asked(CronRunMode::Due).await.unwrap(), Err("not-due"));
    let run = asked(CronRunMode::Force).await.unwrap().unwrap();
    let runs = world.until_runs(0, 1).await;
    assert_eq!(runs[0].run_id, Some(run));
    let patch = json!({ "enabled": true, "payload": { "message": "other" } }).as_object().unwrap().clone();
    let on = world.schedules().update("default", &job.id, patch).await.unwrap();
    assert_eq!(on.state.next_run_at_ms, Some(NOON + 11_000));
    let runs = world.until_runs(1000, 2).await;
    assert_eq!(runs[1].summary.as_deref(), Some("other"));
    world.gateway.stop().await;
}

#[tokio::test]
async fn what_fails_counts_and_what_is_wrong_is_refused() {
    let (home, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOON));
    let world = World::with(home.path(), &clock, "command = [\"/bin/false\"]").await;
    let job = world.add(json!({ "kind": "cron", "expr": "0 * * * *", "tz": "UTC" }), json!({})).await;
    let runs = world.until_runs(3_600_000, 1).await;
    assert_eq!(runs[0].status, CronRunStatus::Error);
    let state = world.schedules().get("default", &job.id).await.unwrap().state;
    assert_eq!((state.consecutive_errors, state.last_error), (Some(1), runs[0].error.clone()));
    let patch = json!({ "schedule": { "kind": "cron", "expr": "nonsense" } }).as_object().unwrap().clone();
    let refused = world.schedules().update("default", &job.id, patch).await.unwrap_err();
    assert!(refused.to_string().contains("is no cron expression"), "{refused}");
    let patch = json!({ "agentId": "nobody" }).as_object().unwrap().clone();
    assert!(world.schedules().update("default", &job.id, patch).await.is_err());
    assert!(world.schedules().get("other", &job.id).await.is_err(), "another organisation's");
    assert!(world.schedules().remove("default", &job.id).await.unwrap());
    assert!(!world.schedules().remove("default", &job.id).await.unwrap());
    world.gateway.stop().await;
}
