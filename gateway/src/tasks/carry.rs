//! The start of a run whose task has waited for its turn: committed, then carried.

use std::sync::Arc;

use nodes::executor::AfterCrash;
use schemas::task::TaskState;
use schemas::work::Isolation;

use super::accept::transport_to;
use super::board::Turn;
use super::request::{Card, End, Request};
use super::run::Launch;
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

impl Engine {
    /// Starts a task that has waited for its turn, and sees it through.
    pub(super) async fn begin(self: Arc<Self>, turn: Turn) {
        let Some((card, from, version, fence)) = self.take_turn(turn.seq) else { return };
        let joined = self.joined_of(&turn);
        let interrupted = self.waits_for(turn.seq) == Some(INTERRUPTED) && self.resumes(&card);
        let start = (from, version, fence);
        let started = match self.store_start(&card, start, turn.worker.as_deref(), &joined).await {
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
        let launch =
            Launch { fence, worker: turn.worker, prompt: Some((prompt, interrupted)), adopts: false };
        Box::pin(self.carry(card, started.session, launch)).await;
    }

    fn take_turn(&self, seq: i64) -> Option<(Arc<Card>, TaskState, i64, i64)> {
        let mut board = self.board();
        let entry = board.entry_mut(seq)?;
        entry.fence += 1;
        Some((Arc::clone(&entry.card), entry.state, entry.version, entry.fence))
    }

    /// Says whether the agent goes on with what it had begun before a crash.
    fn resumes(&self, card: &Card) -> bool {
        let work = card.request.work.as_ref();
        if work.and_then(|work| work.isolation).is_some_and(|how| how != Isolation::None) {
            return false; // What it had begun lies aside; it begins anew in a place of its own.
        }
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
        (from, version, fence): (TaskState, i64, i64),
        worker: Option<&str>,
        joined: &[Joined],
    ) -> Result<Started, StoreError> {
        let (card, joined, now) = (Arc::clone(card), joined.to_vec(), self.clock.now());
        let (lease_until, transport) = (now + self.lease(&card), transport_to(worker));
        let start = move |db: &Db| {
            let session = sessions::ensure(db, &card.org, card.key.as_str(), &card.actor, now)?;
            let conversation = session.conversation;
            let run = rows::Attempt { fence, transport, conversation, at: now, lease_until };
            let version = rows::start(db, card.seq, version, from, &run)?;
            let earlier = rows::joined(db, card.seq)?;
            for other in &joined {
                let end = End {
                    joined: Some(card.run_id.clone()),
                    ..End::bare(TaskState::Completed, Some(now), now)
                };
                let (seq, from) = (other.card.seq, TaskState::Pending);
                let run = rows::Attempt { fence: 1, ..run.clone() };
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
        let mut board = self.board();
        board.set_state(card.seq, TaskState::Running);
        if let Some(entry) = board.entry_mut(card.seq) {
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
}

/// Why a task waits whose run died with the gateway.
pub(super) const INTERRUPTED: &str = rows::INTERRUPTED;
