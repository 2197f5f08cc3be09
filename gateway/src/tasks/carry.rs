//! One run: started in the store, carried to an executor, watched until its outcome is there.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use nodes::executor::{
    AfterCrash, Assignment, Conversation, EndedBy, Failure, FailureClass, Observer, Outcome, Retry, Step,
    channel,
};
use nodes::transport::TransportError;
use schemas::bounds::MAX_STEPS;
use schemas::task::TaskState;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::accept::LOCAL;
use super::audience::{RunFacts, Spectator};
use super::board::Turn;
use super::record::Record;
use super::request::{Card, End, Kind, Request};
use super::{Engine, recover};
use crate::store::sessions::{self, Session};
use crate::store::{Db, StoreError, tasks as rows};

/// A task that the run of another one answers as well.
#[derive(Clone, Debug)]
struct Joined {
    card: Arc<Card>,
    version: i64,
}

/// What a starting run finds in the store.
struct Started {
    session: Session,
    version: i64,
    /// Messages that were handed to an earlier run of the task.
    earlier: Vec<String>,
}

/// How a run ended, with what it showed until then.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    pub(super) record: Record,
    pub(super) spectator: Box<dyn Spectator>,
    pub(super) session: Session,
    pub(super) fence: i64,
}

impl Engine {
    /// Starts a task that has waited for its turn, and sees it through.
    pub(super) async fn begin(self: Arc<Self>, turn: Turn) {
        let Some((card, from, version, fence)) = self.take_turn(turn.seq) else { return };
        let joined = self.joined_of(&turn);
        let interrupted = self.waits_for(turn.seq) == Some(INTERRUPTED) && self.resumes(&card);
        let started = match self.store_start(&card, from, version, fence, &joined).await {
            Ok(started) => started,
            Err(error) => return self.not_started(&card, &error),
        };
        self.settle_start(&card, &started, fence);
        self.tell(&card, TaskState::Running);
        for joined in &joined {
            self.end_joined(joined, &card, &started.session);
        }
        let more: Vec<&Request> = joined.iter().map(|joined| &joined.card.request).collect();
        let prompt = recover::prompt(&card.request, &more, &started.earlier, interrupted);
        Box::pin(self.carry(card, started.session, fence, Some((prompt, interrupted)))).await;
    }

    fn take_turn(&self, seq: i64) -> Option<(Arc<Card>, TaskState, i64, i64)> {
        let mut board = self.board();
        let entry = board.entry_mut(seq)?;
        entry.fence += 1;
        Some((Arc::clone(&entry.card), entry.state, entry.version, entry.fence))
    }

    /// Says whether the agent goes on with what it had begun before a crash.
    fn resumes(&self, card: &Card) -> bool {
        let carrier = self.carriers.get(&self.executor_of(card));
        carrier.is_some_and(|carrier| carrier.after_crash == AfterCrash::Resume)
    }

    fn waits_for(&self, seq: i64) -> Option<&'static str> {
        self.board().entry(seq).and_then(|entry| entry.waits_for)
    }

    fn joined_of(&self, turn: &Turn) -> Vec<Joined> {
        let board = self.board();
        let entries = turn.joined.iter().filter_map(|seq| board.entry(*seq));
        entries.map(|entry| Joined { card: Arc::clone(&entry.card), version: entry.version }).collect()
    }

    async fn store_start(
        &self,
        card: &Arc<Card>,
        from: TaskState,
        version: i64,
        fence: i64,
        joined: &[Joined],
    ) -> Result<Started, StoreError> {
        let (card, joined, now) = (Arc::clone(card), joined.to_vec(), self.clock.now());
        let lease_until = now + self.lease(&card);
        let start = move |db: &Db| {
            let session = sessions::ensure(db, &card.org, card.key.as_str(), &card.actor, now)?;
            let conversation = session.conversation;
            let run = rows::Attempt { fence, transport: LOCAL, conversation, at: now, lease_until };
            let version = rows::start(db, card.seq, version, from, &run)?;
            let earlier = rows::joined(db, card.seq)?;
            for other in &joined {
                let end = End {
                    joined: Some(card.run_id.clone()),
                    ..End::bare(TaskState::Completed, Some(now), now)
                };
                let (seq, from) = (other.card.seq, TaskState::Pending);
                let run = rows::Attempt { fence: 1, ..run };
                let version = rows::start(db, seq, other.version, from, &run)?;
                rows::set_joined(db, seq, Some(card.seq))?;
                let outcome = end.json();
                rows::change(
                    db,
                    rows::Change {
                        seq,
                        version,
                        fence: Some(1),
                        from: TaskState::Running,
                        to: TaskState::Completed,
                        reason: "answered by another run",
                        actor: rows::GATEWAY,
                        at: now,
                        outcome: Some(&outcome),
                    },
                )?;
            }
            Ok(Started { session, version, earlier })
        };
        self.store.write(start).await
    }

    fn settle_start(&self, card: &Card, started: &Started, fence: i64) {
        let now = self.clock.now();
        if let Some(entry) = self.board().entry_mut(card.seq) {
            entry.state = TaskState::Running;
            entry.version = started.version;
            entry.fence = fence;
            entry.waits_for = None;
            entry.started_at.get_or_insert(now);
        }
    }

    fn end_joined(self: &Arc<Self>, joined: &Joined, into: &Card, session: &Session) {
        let now = self.clock.now();
        let end =
            End { joined: Some(into.run_id.clone()), ..End::bare(TaskState::Completed, Some(now), now) };
        self.conclude(&joined.card, Some(session), end, &[]);
    }

    /// A start that the store refused: the task stays as it is stored, and the next start goes on with it.
    fn not_started(self: &Arc<Self>, card: &Arc<Card>, error: &StoreError) {
        tracing::error!(%error, task = %card.id, "A task could not be started; it waits for the next start");
        let turns = self.board().release(card.seq, &self.roster());
        self.start_all(turns);
    }

    /// Carries a started run to its executor, watches it, and ends the task.
    ///
    /// `prompt` is what to ask instead of the request's own message, and whether it resumes.
    pub(super) async fn carry(
        self: Arc<Self>,
        card: Arc<Card>,
        session: Session,
        fence: i64,
        prompt: Option<(String, bool)>,
    ) {
        let stop = self.board().entry(card.seq).map(|entry| entry.stop.clone()).unwrap_or_default();
        if self.leaving.is_cancelled() {
            return; // It is stored as running: the next start goes on with it.
        }
        let assignment = self.assignment(&card, &session, fence, prompt);
        // Ends with the run: whatever the agent left behind can call nothing more.
        let (pass, assignment) = self.admit(&card, fence, assignment);
        let spectator = self.audience.begins(RunFacts {
            card: Arc::clone(&card),
            session: session.clone(),
            provider: assignment.agent.executor.as_str(),
            model: assignment.agent.model.clone(),
            cwd: assignment.agent.cwd.display().to_string(),
            fence,
            started_at: self.clock.now(),
        });
        let not_before = Instant::now() + SHORTEST_CHAT_RUN;
        let ran = self.watch(&card, session, fence, assignment, spectator, stop.clone()).await;
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
        fence: i64,
        assignment: Assignment,
        mut spectator: Box<dyn Spectator>,
        stop: CancellationToken,
    ) -> Ran {
        let mut record = Record::default();
        let (progress, mut observer) = channel(MAX_STEPS);
        if let Some(entry) = self.board().entry_mut(card.seq) {
            entry.steering = Some(observer.steering.clone());
        }
        let lease = assignment.timeout + LEASE_GRACE;
        let outcome = match self.carriers.get(&assignment.agent.executor) {
            None => Outcome::failed(no_executor(&assignment)),
            Some(carrier) => {
                let transport = Arc::clone(&carrier.transport);
                // A bug in an executor costs its run, not the conversation.
                let work = AssertUnwindSafe(transport.run(assignment, progress, stop)).catch_unwind();
                let work = tokio::time::timeout(lease, work);
                tokio::pin!(work);
                let over = loop {
                    tokio::select! {
                        biased;
                        Some(said) = observer.steps.recv() => take(&mut record, &mut *spectator, said),
                        Some(question) = observer.questions.recv() => spectator.ask(question),
                        () = until(spectator.due()) => spectator.flush(),
                        over = &mut work => break over,
                    }
                };
                match over {
                    Ok(Ok(Ok(outcome))) => outcome,
                    Ok(Ok(Err(error))) => Outcome::failed(lost(&error)),
                    Ok(Err(_)) => Outcome::failed(crashed()),
                    Err(_) => Outcome::timed_out(lease),
                }
            }
        };
        drain(&mut observer, &mut record, &mut *spectator);
        Ran { outcome, record, spectator, session, fence }
    }

    fn assignment(
        &self,
        card: &Card,
        session: &Session,
        fence: i64,
        prompt: Option<(String, bool)>,
    ) -> Assignment {
        let executor = self.executor_of(card);
        let roster = self.roster();
        let model = card.request.model.clone().or_else(|| session.model.clone());
        let agent = roster.get(&card.agent).map_or_else(
            || super::AgentProfile::builtin(&card.agent, self.state_dir.clone()).spec(executor, None),
            |profile| profile.spec(executor, model),
        );
        let work = card.request.work.as_deref();
        let (prompt, resume) = prompt.unwrap_or_else(|| (card.request.message.clone(), false));
        Assignment {
            task_id: card.id,
            run_id: card.run_id.clone(),
            fence: fence.unsigned_abs(),
            session_key: card.key.to_string(),
            agent,
            conversation: Conversation {
                id: session.conversation,
                resume: resume || session.resumable,
                cost_before_usd: session.conversation_cost,
            },
            prompt,
            attachments: card.request.attachments.clone(),
            tools: None,
            timeout: self.time_limit(card),
            environment_marker: (MARKER.into(), format!("{}:{}:{fence}", self.instance, card.id)),
            budget_usd: work.and_then(|work| work.budget_usd),
            isolation: work.and_then(|work| work.isolation),
            permissions: work.and_then(|work| work.permissions.clone()),
            resume_from: None,
        }
    }
}

fn take(record: &mut Record, spectator: &mut dyn Spectator, step: Step) {
    spectator.step(&step);
    record.step(step);
}

/// What the executor said before its outcome comes before the outcome.
fn drain(observer: &mut Observer, record: &mut Record, spectator: &mut dyn Spectator) {
    while let Ok(step) = observer.steps.try_recv() {
        take(record, spectator, step);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn no_executor(assignment: &Assignment) -> Failure {
    let message = format!(
        "The agent {} is of a kind that this gateway cannot run; set another `executor` in [agents.{}]",
        assignment.agent.name, assignment.agent.name
    );
    Failure::new(FailureClass::Validation, "no_executor", message)
}

fn lost(error: &TransportError) -> Failure {
    let class = if error.retry() == Retry::Never { FailureClass::AgentCrash } else { FailureClass::NodeLost };
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
/// Why a task waits whose run died with the gateway.
pub(super) const INTERRUPTED: &str = rows::INTERRUPTED;
const LEASE_GRACE: std::time::Duration = std::time::Duration::from_mins(1);
/// A chat run ends no sooner than this: the stock terminal client shows a run as busy for ever that ends before it
/// has worked off the acknowledgement of `chat.send`, which takes it some 15 ms.
const SHORTEST_CHAT_RUN: std::time::Duration = std::time::Duration::from_millis(60);
