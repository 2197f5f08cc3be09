//! Taking a task in: one decision on the board, one commit, and only then the answer.

use std::borrow::Cow;
use std::sync::Arc;

use nodes::executor::{ExecutorKind, Steering};
use schemas::bounds::MAX_OPEN_WORK;
use schemas::clock::Millis;
use schemas::session::SessionKey;
use schemas::task::TaskState;
use tokio::sync::watch;

use super::along::Along;
use super::attachments::{self, Upload};
use super::audience::TaskChange;
use super::board::{Placing, Turn};
use super::places::Needs;
use super::plan::{Plan, Stored, digest};
use super::refused::SubmitError;
use super::request::{Card, End, Kind, Refusal, Request, Stage};
use super::run::Launch;
use super::view::TO_WORKER;
use super::{Engine, task_id};
use crate::store::StoreError;
use crate::supervise::Job;

/// Something to do, as a caller submits it.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose it is.
    pub org: Arc<str>,
    /// Who asks.
    pub actor: Arc<str>,
    /// The run's name: the idempotency key.
    pub run_id: String,
    /// What starts it.
    pub kind: Kind,
    /// The conversation.
    pub key: SessionKey,
    /// The conversation's id that the caller believes to be the present one.
    pub session_id: Option<String>,
    /// Name for the conversation.
    pub label: Option<String>,
    /// What to do.
    pub request: Request,
    /// Files that came with it.
    pub uploads: Vec<Upload>,
}

/// An accepted task.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The run's name.
    pub run_id: String,
    /// The task's number.
    pub seq: i64,
    /// The agent.
    pub agent: String,
    /// When it was accepted.
    pub accepted_at: Millis,
    /// Whether this call made the task; otherwise it joined one.
    pub fresh: bool,
    stage: Option<watch::Receiver<Stage>>,
}

impl Ticket {
    /// Says whether the task had ended when the call joined it.
    pub fn has_ended(&self) -> bool {
        self.stage.as_ref().is_none_or(|stage| matches!(&*stage.borrow(), Stage::Ended(_)))
    }

    /// Waits for the end of the task.
    pub async fn ended(&self, engine: &Engine, org: &str) -> Result<Option<Arc<End>>, StoreError> {
        if let Some(stage) = &self.stage
            && let Some(end) = super::ended(stage.clone()).await
        {
            return Ok(Some(end));
        }
        engine.stored_end(org, self.seq).await
    }
}

impl Engine {
    /// Takes a task in. Returns once it is stored; the same key joins the task it named before.
    pub async fn submit(self: &Arc<Self>, submission: Submission) -> Result<Ticket, SubmitError> {
        self.take_in(submission, None).await
    }

    /// Takes a task in like [`Engine::submit`]; `along` is written in the task's own commit. Where it meets a
    /// conflict nothing is stored, and the answer is [`SubmitError::OtherSession`].
    pub async fn submit_along(
        self: &Arc<Self>,
        submission: Submission,
        along: Along,
    ) -> Result<Ticket, SubmitError> {
        self.take_in(submission, Some(along)).await
    }

    async fn take_in(
        self: &Arc<Self>,
        submission: Submission,
        along: Option<Along>,
    ) -> Result<Ticket, SubmitError> {
        let (ticket, mut stage) = self.place(submission, along)?;
        if let Some(stage) = &mut stage {
            match stage.wait_for(|stage| !matches!(stage, Stage::Storing)).await.as_deref() {
                Ok(Stage::Refused(Refusal::OtherSession)) => return Err(SubmitError::OtherSession),
                Ok(Stage::Refused(Refusal::Store)) | Err(_) => return Err(SubmitError::Store),
                Ok(_) => {}
            }
        }
        Ok(ticket)
    }

    /// Decides at once, without waiting, so that of two equal requests the second always finds the first.
    fn place(
        self: &Arc<Self>,
        submission: Submission,
        along: Option<Along>,
    ) -> Result<(Ticket, Option<watch::Receiver<Stage>>), SubmitError> {
        let roster = self.roster();
        let agent = self.agent_of(&submission.org, &submission.key);
        let profile = roster.get(&agent);
        let away = submission.request.work.as_ref().is_some_and(|work| !work.target.is_local());
        if profile.is_none() && !away {
            return Err(SubmitError::UnknownAgent(agent));
        }
        let carrier = profile.and_then(|profile| self.carriers.get(&profile.executor));
        // Whether a worker's agent takes messages only the worker knows; it says so.
        let steerable = away || carrier.is_some_and(|carrier| carrier.steerable);
        let (hash, now) = (digest(&submission), self.clock.now());
        let mut board = self.board();
        let name = (&submission.org, &submission.actor, &*submission.run_id);
        if let Some((known, entry)) = board.known(name, now) {
            if known.hash != hash {
                return Err(SubmitError::KeyReused);
            }
            let stage = entry.map(|entry| entry.card.stage.subscribe());
            let agent = entry.map_or(agent, |entry| entry.card.agent.clone());
            let (run_id, waits) = (submission.run_id, stage.clone());
            return Ok((
                Ticket { run_id, seq: known.seq, agent, accepted_at: now, fresh: false, stage },
                waits,
            ));
        }
        if self.leaving.is_cancelled() {
            return Err(SubmitError::Stopping);
        }
        if submission.request.work.is_some() && board.load().0 >= MAX_OPEN_WORK {
            return Err(SubmitError::TooMuch);
        }
        let lane = (Arc::clone(&submission.org), submission.key.as_str().to_owned());
        let own_session = submission.request.work.as_ref().is_some_and(|work| work.own_session);
        if !submission.request.command && !own_session && !board.has_room(&lane) {
            return Err(SubmitError::Full);
        }
        let card = Arc::new(self.card_of(&submission, board.next_seq(), &agent, now));
        let (seq, run_id, stage) = (card.seq, card.run_id.clone(), card.stage.subscribe());
        board.keys.insert(submission.org, submission.actor, run_id.clone(), seq, hash.clone(), now);
        let placing = board.admit(Arc::clone(&card), self.needs_of(&card), &roster, steerable);
        drop(board);
        let engine = Arc::clone(self);
        // A job of its own: the task is stored and run even if the caller goes away meanwhile.
        let job = AcceptJob {
            card,
            placing,
            hash,
            uploads: submission.uploads,
            session_id: submission.session_id,
            label: submission.label,
            along,
        };
        self.jobs.spawn(Job::Run, async move { engine.accept(job).await });
        let waits = Some(stage.clone());
        Ok((Ticket { run_id, seq, agent, accepted_at: now, fresh: true, stage: Some(stage) }, waits))
    }

    fn card_of(&self, submission: &Submission, seq: i64, agent: &str, now: Millis) -> Card {
        let id = task_id(seq, now);
        let folder = attachments::folder(&self.state_dir, id);
        let mut request = submission.request.clone();
        request.attachments.extend(attachments::places(&folder, &submission.uploads));
        Card {
            seq,
            id,
            org: Arc::clone(&submission.org),
            actor: Arc::clone(&submission.actor),
            run_id: submission.run_id.clone(),
            kind: submission.kind,
            key: match &submission.request.work {
                Some(work) if work.own_session => SessionKey::of_task(agent, seq),
                _ => submission.key.clone(),
            },
            agent: agent.to_owned(),
            request,
            created_at: now,
            stage: watch::Sender::new(Stage::Storing),
        }
    }

    async fn accept(self: Arc<Self>, job: AcceptJob) {
        let card = Arc::clone(&job.card);
        let stored = match self.store_new(&job).await {
            Ok(stored) => stored,
            Err(error) => return self.refuse(&card, &error),
        };
        let (turns, running) = self.settle_new(&job, &stored);
        card.stage.send_replace(Stage::Stored);
        self.audience.said(&card, &stored.session, &stored.message);
        self.tell(&card, if running { TaskState::Running } else { TaskState::Pending });
        self.start_all(turns);
        if card.request.work.as_ref().is_some_and(|work| work.is_conditional()) {
            self.alarm.notify_one();
            self.check_needs(&card).await;
        }
        match job.placing {
            Placing::Start { worker } => {
                let launch = Launch { fence: 1, worker, prompt: None, adopts: false };
                Box::pin(self.carry(card, stored.session, launch)).await;
            }
            Placing::Steer { live, steering } => self.steer(card, live, steering).await,
            Placing::Interrupt { live } => {
                drop(self.cancel_seq(live, &card.actor, "interrupt").await);
            }
            Placing::Wait => {}
        }
    }

    async fn store_new(&self, job: &AcceptJob) -> Result<Stored, StoreError> {
        let AcceptJob { card, uploads, .. } = job;
        if !uploads.is_empty() {
            let (folder, places) =
                (attachments::folder(&self.state_dir, card.id), card.request.attachments.clone());
            let (uploads, path) = (uploads.clone(), folder.clone());
            let written = tokio::task::spawn_blocking(move || attachments::write(&folder, &places, &uploads));
            let failed = |source| StoreError::Io { path, source };
            written.await.map_err(|_| StoreError::Closed)?.map_err(failed)?;
        }
        let plan = Plan {
            card: Arc::clone(card),
            hash: job.hash.clone(),
            session_id: job.session_id.clone(),
            label: job.label.clone(),
            run: match &job.placing {
                Placing::Start { worker } => Some((transport_to(worker.as_deref()), None)),
                Placing::Steer { live, .. } => Some((STEER.into(), Some(*live))),
                Placing::Wait | Placing::Interrupt { .. } => None,
            },
            lease_until: self.clock.now() + self.lease(card),
            along: job.along.clone(),
        };
        self.store.write_whole(move |db| plan.store(db)).await
    }

    /// Brings the board up to date after the accepting commit; returns whose turn it is now.
    fn settle_new(&self, job: &AcceptJob, stored: &Stored) -> (Vec<Turn>, bool) {
        let roster = self.roster();
        let mut board = self.board();
        let lane = job.card.lane();
        let running = matches!(job.placing, Placing::Start { .. } | Placing::Steer { .. });
        if running {
            board.set_state(job.card.seq, TaskState::Running);
        }
        let Some(entry) = board.entry_mut(job.card.seq) else { return (Vec::new(), false) };
        entry.version = stored.version;
        if running {
            entry.fence = 1;
            entry.started_at = Some(job.card.created_at);
        }
        entry.held = matches!(job.placing, Placing::Steer { .. });
        if let Some(work) = &mut entry.work {
            work.handed.send_replace(entry.held);
            work.settled = true;
            entry.held |= !running && work.is_blocked();
        }
        (board.next(&lane, &roster).into_iter().collect(), running)
    }

    fn refuse(self: &Arc<Self>, card: &Arc<Card>, error: &StoreError) {
        let refusal =
            if matches!(error, StoreError::Conflict) { Refusal::OtherSession } else { Refusal::Store };
        if refusal == Refusal::Store {
            tracing::error!(%error, source = ?std::error::Error::source(error), "A task could not be stored");
        }
        let turns = self.board().refuse(card, &self.roster());
        card.stage.send_replace(Stage::Refused(refusal));
        if !card.request.attachments.is_empty() {
            drop(std::fs::remove_dir_all(attachments::folder(&self.state_dir, card.id)));
        }
        self.start_all(turns);
    }

    /// Starts the tasks whose turn has come.
    pub(super) fn start_all(self: &Arc<Self>, turns: Vec<Turn>) {
        for turn in turns {
            let engine = Arc::clone(self);
            self.jobs.spawn(Job::Run, async move { engine.begin(turn).await });
        }
    }

    /// Hands a stored message to the run that is alive; if that does not take it, it gets a run of its own.
    async fn steer(self: Arc<Self>, card: Arc<Card>, live: i64, steering: Steering) {
        let stop = self.board().entry(card.seq).map(|entry| entry.stop.clone()).unwrap_or_default();
        let taken = tokio::select! {
            taken = steering.follow_up(card.request.message.clone()) => taken,
            () = stop.cancelled() => false,
        };
        if self.leaving.is_cancelled() && !taken {
            return; // The next start finds it as it is.
        }
        self.after_steering(&card, live, taken).await;
    }

    /// Tells the audience the present state of a task that has not ended.
    pub(super) fn tell(&self, card: &Card, state: TaskState) {
        let at = self.clock.now();
        let started_at = self.board().entry(card.seq).and_then(|entry| entry.started_at);
        self.audience.changed(card, &TaskChange { state, at, started_at, reason: None, end: None });
    }

    /// Returns how long a run of this task may be silent before it counts as lost.
    pub(super) fn lease(&self, card: &Card) -> Millis {
        super::millis(self.time_limit(card)) + super::millis(LEASE_GRACE)
    }

    /// Returns the time limit of a run of this task.
    pub(super) fn time_limit(&self, card: &Card) -> std::time::Duration {
        let own = self.roster().get(&card.agent).map_or(DEFAULT_LIMIT, |agent| agent.timeout);
        card.request.timeout_ms.filter(|limit| *limit > 0).map_or(own, std::time::Duration::from_millis)
    }

    /// Returns what a task needs of its place.
    pub(super) fn needs_of(&self, card: &Card) -> Needs {
        match card.request.work.as_deref().filter(|work| !work.target.is_local()) {
            None => Needs::Here(card.agent.clone()),
            Some(work) => {
                let executor = self.roster().get(&card.agent).map(|agent| agent.executor);
                let agent = work.named.then_some((&*card.agent, executor));
                Needs::worker(&card.org, &work.target, agent)
            }
        }
    }

    /// Returns which executor performs a task.
    pub(super) fn executor_of(&self, card: &Card) -> ExecutorKind {
        if card.request.command {
            return ExecutorKind::Builtin;
        }
        self.roster().get(&card.agent).map_or(ExecutorKind::Builtin, |agent| agent.executor)
    }
}

/// A task on its way into the store.
#[derive(Debug)]
struct AcceptJob {
    card: Arc<Card>,
    placing: Placing,
    hash: Vec<u8>,
    uploads: Vec<Upload>,
    session_id: Option<String>,
    label: Option<String>,
    along: Option<Along>,
}

/// Returns the name of the transport to a worker, or to an executor of this process.
pub(super) fn transport_to(worker: Option<&str>) -> Cow<'static, str> {
    worker.map_or(Cow::Borrowed(LOCAL), |name| format!("{TO_WORKER}{name}").into())
}

/// Transport of a run in this process.
pub(super) const LOCAL: &str = "local";
/// Transport of a run that is part of another one.
pub(super) const STEER: &str = "steer";
/// How much longer than its time limit a run may take to end its processes.
const LEASE_GRACE: std::time::Duration = std::time::Duration::from_mins(1);
const DEFAULT_LIMIT: std::time::Duration = std::time::Duration::from_mins(30);
