//! What happens to dispatched work that waits: its hour comes or is over, what it waits for ends, its parent or its
//! group needs it no longer.

use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{Failure, FailureClass};
use schemas::bounds::OUTPUT_TTL;
use schemas::task::TaskState;
use tokio::time::Instant;

use super::Engine;
use super::blocks::Verdict;
use super::request::{Card, End};
use super::work::Work;
use crate::store::{Db, StoreError, output, task_ids, tasks as rows, work as rows_of_work};
use crate::supervise::Job;

impl Engine {
    /// Wakes tasks when their time has come; to be run as a job.
    pub(super) async fn keep_hours(self: Arc<Self>) {
        let mut swept = Instant::now();
        loop {
            if swept.elapsed() >= OUTPUT_SWEEP {
                swept = Instant::now();
                self.forget_output().await;
            }
            let pause = self.board().next_alarm().map_or(LONGEST_NAP, |at| {
                let left = u64::try_from(at - self.clock.now()).unwrap_or_default();
                Duration::from_millis(left).min(LONGEST_NAP)
            });
            tokio::select! {
                () = self.leaving.cancelled() => return,
                () = self.jobs.stopping().cancelled() => return,
                () = self.alarm.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            let due = self.board().due(self.clock.now());
            for (seq, expired) in due {
                self.time_has_come(seq, expired).await;
            }
        }
    }

    /// Removes output that is too old to keep, a little at a time, so that no commit waits for it.
    pub(super) async fn forget_output(&self) {
        let before = self.clock.now() - super::millis(OUTPUT_TTL);
        let open = self.board().oldest();
        loop {
            let forget = move |db: &Db| {
                let first = task_ids::first_since(db, before)?;
                output::forget_before(db, open.map_or(first, |open| open.min(first)), OUTPUT_SWEEP_ROWS)
            };
            match self.store.write(forget).await {
                Ok(rows) if rows < OUTPUT_SWEEP_ROWS as usize => return,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => return tracing::warn!(%error, "Old output could not be removed"),
            }
        }
    }

    async fn time_has_come(self: &Arc<Self>, seq: i64, expired: bool) {
        let card = self.card(seq);
        if let Some(card) = card.filter(|_| expired) {
            let text = "It had not started by the time at which it expires; dispatch it again with a later `expiresAt`";
            return self.fail_waiting(&card, Failure::new(FailureClass::Validation, "expired", text)).await;
        }
        self.wake(seq).await;
    }

    /// Lets a task that waited have its turn if nothing is in its way.
    pub(super) async fn wake(self: &Arc<Self>, seq: i64) {
        let cancelled = {
            let board = self.board();
            let entry = board.entry(seq);
            entry
                .filter(|entry| entry.cancel.is_some() && entry.claimed.is_none())
                .map(|entry| Arc::clone(&entry.card))
        };
        if let Some(card) = cancelled {
            return self.cancel_waiting(&card).await;
        }
        let turn = self.board().unblock(seq, &self.roster());
        self.start_all(turn.into_iter().collect());
    }

    /// Looks up those that a task waits for and that are not on the board.
    pub(super) async fn check_needs(self: &Arc<Self>, card: &Arc<Card>) {
        let unknown = self.board().unknown_needs(card.seq);
        for needed in unknown {
            let org = card.org.to_string();
            let row = self.store.read(move |db| rows::get(db, &org, needed)).await;
            match row {
                Ok(row) => self.needed_ended(card.seq, needed, row.map(|row| row.state)).await,
                Err(error) => tracing::error!(%error, "What a task waits for could not be read"),
            }
        }
    }

    /// Tells the task `seq` how one ended that it waits for.
    async fn needed_ended(self: &Arc<Self>, seq: i64, needed: i64, state: Option<TaskState>) {
        let verdict = self.board().resolve(seq, needed, state);
        let card = self.card(seq);
        match (verdict, card) {
            (Verdict::Free, _) => self.wake(seq).await,
            (Verdict::Lost, Some(card)) => {
                let text = "A task that must complete before it did not; retry that one, then this one";
                let failure = Failure::new(FailureClass::Validation, "dependency_failed", text);
                self.fail_waiting(&card, failure).await;
            }
            _ => {}
        }
    }

    /// Does what the end of a task entails for others.
    pub(super) fn after_end(self: &Arc<Self>, card: &Arc<Card>, state: TaskState) {
        let dependents = self.board().dependents_of(card.seq);
        let Some(work) = &card.request.work else {
            return self.tell_dependents(card.seq, state, dependents);
        };
        self.tell_dependents(card.seq, state, dependents);
        let is_parent = state != TaskState::Completed;
        let quorum =
            work.group.as_ref().and_then(|group| group.quorum).filter(|_| state == TaskState::Completed);
        if !is_parent && quorum.is_none() {
            return;
        }
        let (engine, card) = (Arc::clone(self), Arc::clone(card));
        self.jobs.spawn(Job::Engine, async move {
            let done = match quorum {
                Some(quorum) => engine.group_has(&card, quorum).await,
                None => engine.stop_children(&card).await,
            };
            if let Err(error) = done {
                tracing::error!(%error, task = %card.id, "What depends on a task could not be stopped");
            }
        });
    }

    fn tell_dependents(self: &Arc<Self>, needed: i64, state: TaskState, dependents: Vec<i64>) {
        if dependents.is_empty() {
            return;
        }
        let engine = Arc::clone(self);
        self.jobs.spawn(Job::Engine, async move {
            for seq in dependents {
                engine.needed_ended(seq, needed, Some(state)).await;
            }
        });
    }

    /// Stops the parts of a task that failed or was stopped.
    pub(super) async fn stop_children(self: &Arc<Self>, card: &Arc<Card>) -> Result<(), StoreError> {
        let id = card.id;
        for seq in self.store.read(move |db| rows_of_work::open_children(db, id)).await? {
            let cascades = self.card(seq).and_then(|card| Some(card.request.work.as_ref()?.cascade));
            if cascades == Some(true) {
                self.cancel_seq(seq, &GATEWAY.into(), "parent ended").await?;
            }
        }
        Ok(())
    }

    /// Stops the rest of a group of which enough have completed.
    async fn group_has(self: &Arc<Self>, card: &Arc<Card>, quorum: u32) -> Result<(), StoreError> {
        let Some(group) = card.request.work.as_deref().and_then(|work: &Work| work.group.clone()) else {
            return Ok(());
        };
        let org = card.org.to_string();
        let read = move |db: &Db| rows_of_work::group(db, &org, &group.id);
        let (completed, open) = self.store.read(read).await?;
        if completed < u64::from(quorum) {
            return Ok(());
        }
        for seq in open {
            self.cancel_seq(seq, &GATEWAY.into(), "quorum").await?;
        }
        Ok(())
    }

    /// Fails a task that waits, unless its end was decided before.
    pub(super) async fn fail_waiting(self: &Arc<Self>, card: &Arc<Card>, failure: Failure) {
        let facts = {
            let mut board = self.board();
            let claimed = board.claim_waiting(card.seq, TaskState::Failed);
            board
                .entry(card.seq)
                .filter(|_| claimed)
                .map(|entry| (entry.state, entry.version, entry.started_at))
        };
        let Some((from, version, started_at)) = facts else { return };
        let now = self.clock.now();
        let reason = failure.code.clone();
        let end = End {
            stop_reason: Some("error".into()),
            failure: Some(failure),
            ..End::bare(TaskState::Failed, started_at, now)
        };
        let (seq, outcome) = (card.seq, end.json());
        let write = move |db: &Db| {
            let change = rows::Change {
                seq,
                version,
                fence: None,
                from,
                to: TaskState::Failed,
                reason: &reason,
                actor: rows::GATEWAY,
                at: now,
                outcome: Some(&outcome),
            };
            rows::change(db, change)?;
            rows_of_work::bury(db, seq)
        };
        match self.store.write(write).await {
            Ok(()) => self.conclude(card, None, end, &[]),
            Err(error) => self.give_up(card, &error),
        }
    }
}

const GATEWAY: &str = rows::GATEWAY;
/// Time between two looks for output that is too old.
const OUTPUT_SWEEP: Duration = Duration::from_hours(1);
/// Batches of output that are removed in one commit.
const OUTPUT_SWEEP_ROWS: u32 = 200;
/// Time after which the hours are looked at again, should the clock have been set meanwhile.
const LONGEST_NAP: Duration = Duration::from_mins(10);
