//! One run: carried to an executor, here or at a worker, and watched until its outcome is there.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use nodes::executor::{
    Assignment, Conversation, EndedBy, Failure, FailureClass, Observer, Outcome, Progress, Retry, Step,
    channel,
};
use nodes::permission::Rights;
use nodes::transport::{Transport, TransportError};
use nodes::workspace::{self, Stay};
use schemas::bounds::MAX_STEPS;
use schemas::work::TaskPermissions;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Engine;
use super::audience::{RunFacts, Spectator};
use super::log::Log;
use super::record::Record;
use super::request::{Card, Kind};
use crate::store::output;
use crate::store::sessions::Session;

/// How a run begins.
#[derive(Debug)]
pub(super) struct Launch {
    /// Which run of the task it is, from 1.
    pub(super) fence: i64,
    /// The worker that performs it; this machine without one.
    pub(super) worker: Option<Arc<str>>,
    /// What to ask instead of the request's own message, and whether it resumes.
    pub(super) prompt: Option<(String, bool)>,
    /// Whether it began in an earlier life of the gateway and goes on at its worker.
    pub(super) adopts: bool,
}

/// How a run ended, with what it showed until then.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    pub(super) record: Record,
    pub(super) spectator: Box<dyn Spectator>,
    pub(super) session: Session,
    pub(super) fence: i64,
    /// Tells the transport that the end is stored.
    pub(super) receipt: Receipt,
}

/// Tells whoever carried a run what is stored of it.
#[derive(Debug)]
pub(super) struct Receipt {
    observer: Observer,
    /// Steps of the run, where they are kept.
    steps: Option<u64>,
}

impl Receipt {
    /// Says that the end of the run is stored: it counts as the step after the last.
    pub(super) fn sign(&self) {
        if let Some(steps) = self.steps {
            self.observer.mark_stored(steps + 1);
        }
    }
}

/// What a run is watched with.
struct Watch {
    record: Record,
    log: Option<Log>,
    spectator: Box<dyn Spectator>,
}

impl Watch {
    fn take(&mut self, step: Step) {
        self.spectator.step(&step);
        if let Some(log) = &mut self.log {
            log.push(&step);
        }
        self.record.step(step);
    }

    fn has_room(&self) -> bool {
        self.log.as_ref().is_none_or(Log::has_room)
    }
}

impl Engine {
    /// Carries a started run to its executor, watches it, and ends the task.
    pub(super) async fn carry(self: Arc<Self>, card: Arc<Card>, session: Session, launch: Launch) {
        let stop = self.board().entry(card.seq).map(|entry| entry.stop.clone()).unwrap_or_default();
        if self.leaving.is_cancelled() {
            return; // It is stored as running: the next start goes on with it.
        }
        let assignment = self.assignment(&card, &session, &launch);
        // Ends with the run: whatever the agent left behind can call nothing more.
        let (pass, assignment) = match launch.worker {
            None => self.admit(&card, launch.fence, assignment),
            Some(_) => (None, assignment),
        };
        let spectator = self.audience.begins(RunFacts {
            card: Arc::clone(&card),
            session: session.clone(),
            provider: assignment.agent.executor.as_str(),
            model: assignment.agent.model.clone(),
            cwd: assignment.agent.cwd.display().to_string(),
            fence: launch.fence,
            started_at: self.clock.now(),
        });
        let not_before = Instant::now() + SHORTEST_CHAT_RUN;
        let ran = self.watch(&card, session, (assignment, launch), spectator, stop.clone()).await;
        drop(pass);
        if card.kind == Kind::Chat {
            stop.run_until_cancelled(tokio::time::sleep_until(not_before)).await;
        }
        self.finish(card, ran).await;
    }

    async fn watch(
        &self,
        card: &Card,
        session: Session,
        (mut assignment, launch): (Assignment, Launch),
        spectator: Box<dyn Spectator>,
        stop: CancellationToken,
    ) -> Ran {
        let (progress, mut observer) = channel(MAX_STEPS);
        let mut watch = Watch { record: Record::default(), log: None, spectator };
        if card.request.work.is_some() {
            self.open_log(card, &launch, &mut watch).await;
        }
        if let Some(entry) = self.board().entry_mut(card.seq) {
            entry.steering = Some(observer.steering.clone());
        }
        if launch.adopts {
            assignment.resume_from = watch.log.as_ref().map(Log::given);
            observer.mark_stored(watch.stored());
        }
        let fence = launch.fence;
        let work = self.perform(card, assignment, launch.worker.as_deref(), progress, stop);
        tokio::pin!(work);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(said) = observer.steps.recv(), if watch.has_room() => self.hear(card, &mut watch, said),
                Some(question) = observer.questions.recv() => watch.spectator.ask(question),
                () = until(watch.spectator.due()) => watch.spectator.flush(),
                () = stored(watch.log.as_mut()) => observer.mark_stored(watch.stored()),
                outcome = &mut work => break outcome,
            }
        };
        // What the executor said before its outcome comes before the outcome.
        while let Ok(step) = observer.steps.try_recv() {
            self.hear(card, &mut watch, step);
        }
        if let Some(log) = &mut watch.log {
            log.close().await;
        }
        let receipt = Receipt { observer, steps: watch.log.as_ref().map(Log::given) };
        let Watch { record, spectator, .. } = watch;
        Ran { outcome, record, spectator, session, fence, receipt }
    }

    /// Has a run performed within its lease.
    async fn perform(
        &self,
        card: &Card,
        mut assignment: Assignment,
        worker: Option<&str>,
        progress: Progress,
        stop: CancellationToken,
    ) -> Outcome {
        let Some(transport) = self.way(&assignment, worker) else {
            return Outcome::failed(no_executor(&assignment));
        };
        let stay = match worker {
            // A worker sees to all of this by itself.
            Some(_) => None,
            None => match self.settle_in(&mut assignment).await {
                Ok(stay) => Some(stay),
                Err(failure) => return Outcome::failed(failure),
            },
        };
        let lease = assignment.timeout + if worker.is_some() { WORKER_GRACE } else { LEASE_GRACE };
        // A bug in an executor costs its run, not the conversation.
        let work = AssertUnwindSafe(transport.run(assignment, progress, stop)).catch_unwind();
        let outcome = match tokio::time::timeout(lease, work).await {
            Ok(Ok(Ok(outcome))) => outcome,
            Ok(Ok(Err(error))) => Outcome::failed(lost(&error, card)),
            Ok(Err(_)) => Outcome::failed(crashed()),
            Err(_) => Outcome::timed_out(lease),
        };
        let Some(stay) = stay else { return outcome };
        // The next start goes on with a run that ends because the gateway does.
        let again = self.leaving.is_cancelled() && was_stopped(&outcome);
        stay.end(outcome, again).await
    }

    /// Narrows what a run on this machine may do, and has it work where it is to.
    async fn settle_in(&self, assignment: &mut Assignment) -> Result<Stay, Failure> {
        narrow(assignment)?;
        Stay::begin(assignment, &workspace::Options::new(&self.state_dir)).await
    }

    fn hear(&self, card: &Card, watch: &mut Watch, step: Step) {
        if let Step::Percent { done } = &step
            && let Some(work) = self.board().entry_mut(card.seq).and_then(|entry| entry.work.as_mut())
        {
            work.percent = Some((*done).min(100));
        }
        watch.take(step);
    }

    /// Opens the output log of a run; with what it said in an earlier life of the gateway, if it goes on.
    async fn open_log(&self, card: &Card, launch: &Launch, watch: &mut Watch) {
        let tail = self.board().entry(card.seq).and_then(|entry| Some(entry.work.as_ref()?.tail.clone()));
        let Some(tail) = tail else { return };
        let (seq, fence, adopts) = (card.seq, launch.fence, launch.adopts);
        let mut last = None;
        if fence > 1 || adopts {
            let read = move |db: &crate::store::Db| {
                let said = if adopts { output::of_run(db, seq, fence, REMEMBERED)? } else { Vec::new() };
                Ok((output::last(db, seq)?, said))
            };
            match self.store.read(read).await {
                Ok((found, said)) => {
                    last = found;
                    let steps = said.iter().flat_map(|batch| batch.steps.lines());
                    for step in steps.filter_map(|line| serde_json::from_str(line).ok()) {
                        watch.record.step(step);
                    }
                }
                Err(error) => tracing::error!(%error, task = %card.id, "The output so far could not be read"),
            }
        }
        watch.record.bound();
        let parts = (self.store.clone(), self.clock.clone());
        watch.log = Some(Log::begin(parts, (seq, fence), last.as_ref(), tail));
    }

    /// Returns the way to whoever performs a run.
    fn way(&self, assignment: &Assignment, worker: Option<&str>) -> Option<Arc<dyn Transport>> {
        match worker {
            Some(worker) => self.ways.get().map(|ways| ways.to(worker)),
            None => Some(Arc::clone(&self.carriers.get(&assignment.agent.executor)?.transport)),
        }
    }

    fn assignment(&self, card: &Card, session: &Session, launch: &Launch) -> Assignment {
        let executor = self.executor_of(card);
        let roster = self.roster();
        let model = card.request.model.clone().or_else(|| session.model.clone());
        let mut agent = roster.get(&card.agent).map_or_else(
            || {
                super::AgentProfile::builtin(&card.agent, self.state_dir.clone())
                    .spec(executor, model.clone())
            },
            |profile| profile.spec(executor, model.clone()),
        );
        let fence = launch.fence;
        let (prompt, resume) = launch.prompt.clone().unwrap_or_else(|| (card.request.message.clone(), false));
        let work = card.request.work.as_deref();
        let permissions = work.and_then(|work| work.permissions.clone());
        if launch.worker.is_some() {
            // A worker has its own idea of the agent; only what was asked for goes there.
            let asked = permissions.clone().unwrap_or_default();
            agent.permission_mode = asked.mode;
            agent.allowed_tools = asked.allowed_tools.unwrap_or_default();
            agent.disallowed_tools = asked.disallowed_tools.unwrap_or_default();
            agent.model = model;
        }
        let mut conversation = Conversation {
            id: session.conversation,
            resume: resume || session.resumable,
            cost_before_usd: session.conversation_cost,
        };
        if work.is_some() && fence > 1 && !conversation.resume && !launch.adopts {
            // The run before may have begun it, here or where nobody can see it any more.
            conversation.id = Uuid::new_v4();
        }
        Assignment {
            task_id: card.id,
            run_id: card.run_id.clone(),
            fence: fence.unsigned_abs(),
            session_key: card.key.to_string(),
            agent,
            conversation,
            prompt,
            attachments: card.request.attachments.clone(),
            tools: None,
            timeout: self.time_limit(card),
            environment_marker: (MARKER.into(), format!("{}:{}:{fence}", self.instance, card.id)),
            budget_usd: work.and_then(|work| work.budget_usd),
            isolation: work.and_then(|work| work.isolation),
            permissions,
            resume_from: None,
        }
    }
}

impl Watch {
    fn stored(&self) -> u64 {
        self.log.as_ref().map_or(0, Log::stored)
    }
}

/// Sees output stored, if it is kept.
async fn stored(log: Option<&mut Log>) {
    match log {
        Some(log) => log.work().await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Lets a run on this machine do what was asked for and no more than its agent may; a worker does the same by itself.
fn narrow(assignment: &mut Assignment) -> Result<(), Failure> {
    let Some(asked) = assignment.permissions.take() else { return Ok(()) };
    let agent = &mut assignment.agent;
    let own = Rights {
        mode: agent.permission_mode.clone(),
        allowed: agent.allowed_tools.clone(),
        disallowed: agent.disallowed_tools.clone(),
        dirs: vec![agent.cwd.clone()],
    };
    let rights = own.narrowed(&asked)?;
    // The agent's own folder is no further one.
    let dirs = if asked.add_dirs.is_some() { rights.dirs } else { Vec::new() };
    let dirs = dirs.into_iter().map(|dir| dir.to_string_lossy().into_owned()).collect();
    assignment.permissions = Some(TaskPermissions { add_dirs: Some(dirs), ..TaskPermissions::default() });
    agent.permission_mode = rights.mode;
    agent.allowed_tools = rights.allowed;
    agent.disallowed_tools = rights.disallowed;
    Ok(())
}

fn no_executor(assignment: &Assignment) -> Failure {
    let message = format!(
        "The agent {} is of a kind that this gateway cannot run; set another `executor` in [agents.{}]",
        assignment.agent.name, assignment.agent.name
    );
    Failure::new(FailureClass::Validation, "no_executor", message)
}

/// Dispatched work that was lost on the way is given to somebody else; whoever sends a message decides himself.
fn lost(error: &TransportError, card: &Card) -> Failure {
    let known = error.retry() == Retry::Never && card.request.work.is_none();
    let class = if known { FailureClass::AgentCrash } else { FailureClass::NodeLost };
    Failure::new(class, "transport", error.to_string())
}

fn crashed() -> Failure {
    let message = "The run ended through a bug in the gateway; its log has the cause";
    Failure::new(FailureClass::AgentCrash, "panic", message)
}

/// Says whether the run was ended from outside.
pub(super) fn was_stopped(outcome: &Outcome) -> bool {
    outcome.ended_by == EndedBy::Cancelled
}

/// Environment variable that every process of a run carries.
pub(super) const MARKER: &str = "LANDLINE_RUN";
const LEASE_GRACE: Duration = Duration::from_mins(1);
/// The same for a worker, which may also be away for a while.
const WORKER_GRACE: Duration = Duration::from_mins(4);
/// Bytes of what a run said in an earlier life of the gateway that are looked at again.
const REMEMBERED: usize = 4 * 1024 * 1024;
/// A chat run ends no sooner than this: the stock terminal client shows a run as busy for ever that ends before it
/// has worked off the acknowledgement of `chat.send`, which takes it some 15 ms.
const SHORTEST_CHAT_RUN: Duration = Duration::from_millis(60);
