//! Stopping tasks: at once when they wait, through their run when they are alive.

use std::sync::Arc;

use schemas::task::TaskState;

use super::Engine;
use super::board::CancelChoice;
use super::request::{Card, End, Stage};
use crate::store::sessions::{self, Session};
use crate::store::{Db, StoreError, tasks as rows};

/// What a request to stop a task did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It is stopped, or its run is told to stop and the task will end as cancelled.
    Yes,
    /// Somebody else asked before.
    Already,
    /// It had ended, in this state if that is known.
    TooLate(Option<TaskState>),
}

impl Engine {
    /// Stops one task of an organisation. Returns once that is stored; a live run ends a little later.
    pub async fn cancel(
        self: &Arc<Self>,
        org: &str,
        seq: i64,
        actor: &Arc<str>,
        reason: &str,
    ) -> Result<Stopped, StoreError> {
        let own = self.board().entry(seq).is_some_and(|entry| &*entry.card.org == org);
        if own { self.cancel_seq(seq, actor, reason).await } else { Ok(Stopped::TooLate(None)) }
    }

    /// Stops what runs and waits in a conversation, or one run of it. Returns the names of the runs stopped.
    pub async fn abort(
        self: &Arc<Self>,
        org: &Arc<str>,
        key: &str,
        run_id: Option<&str>,
        actor: &Arc<str>,
        reason: &str,
    ) -> Result<Vec<String>, StoreError> {
        let picked: Vec<(i64, String)> = {
            let board = self.board();
            let lane = board.of_lane(&(Arc::clone(org), key.to_owned()));
            let entries = lane.into_iter().filter_map(|seq| board.entry(seq));
            let wanted = entries.filter(|entry| run_id.is_none_or(|run_id| entry.card.run_id == run_id));
            wanted.map(|entry| (entry.card.seq, entry.card.run_id.clone())).collect()
        };
        let mut stopped = Vec::new();
        // The last ones first, so that none of them gets its turn meanwhile.
        for (seq, run_id) in picked.into_iter().rev() {
            if self.cancel_seq(seq, actor, reason).await? == Stopped::Yes {
                stopped.insert(0, run_id);
            }
        }
        Ok(stopped)
    }

    /// Waits until a task that has not ended has done so.
    pub async fn settled(&self, seq: i64) {
        let stage = self.board().entry(seq).map(|entry| entry.card.stage.subscribe());
        if let Some(stage) = stage {
            super::ended(stage).await;
        }
    }

    pub(super) async fn cancel_seq(
        self: &Arc<Self>,
        seq: i64,
        actor: &Arc<str>,
        reason: &str,
    ) -> Result<Stopped, StoreError> {
        let stage = self.board().entry(seq).map(|entry| entry.card.stage.subscribe());
        let Some(mut stage) = stage else { return Ok(Stopped::TooLate(None)) };
        // Its sender lives in the card that the board holds; without it the task has ended.
        drop(stage.wait_for(|stage| !matches!(stage, Stage::Storing)).await);
        let choice = self.board().cancel(seq, actor, reason);
        match choice {
            CancelChoice::TooLate(ended) => Ok(Stopped::TooLate(ended)),
            CancelChoice::Already => Ok(Stopped::Already),
            CancelChoice::Now => {
                let card = self.board().entry(seq).map(|entry| Arc::clone(&entry.card));
                if let Some(card) = card {
                    self.cancel_claimed(&card).await;
                }
                Ok(Stopped::Yes)
            }
            CancelChoice::Stopping(stop) => {
                let (now, actor, reason) = (self.clock.now(), Arc::clone(actor), reason.to_owned());
                let marked =
                    self.store.write(move |db| rows::mark_stopping(db, seq, &actor, &reason, now)).await;
                stop.cancel();
                marked.map(|()| Stopped::Yes)
            }
        }
    }

    /// Ends a task that somebody asked to stop while it waited for another run.
    pub(super) async fn cancel_waiting(self: &Arc<Self>, card: &Arc<Card>) {
        let claimed = {
            let mut board = self.board();
            let fence = board.entry(card.seq).map_or(0, |entry| entry.fence);
            board.claim(card.seq, fence, TaskState::Cancelled)
        };
        if claimed.is_some() {
            self.cancel_claimed(card).await;
        }
    }

    async fn cancel_claimed(self: &Arc<Self>, card: &Arc<Card>) {
        let facts = {
            let board = self.board();
            let entry = board.entry(card.seq);
            entry.map(|entry| (entry.state, entry.version, entry.started_at, entry.cancel.clone()))
        };
        let Some((from, version, started_at, Some(cancel))) = facts else { return };
        let now = self.clock.now();
        let end = End {
            stop_reason: Some(cancel.reason.clone()),
            ..End::bare(TaskState::Cancelled, started_at, now)
        };
        let (stored, outcome) = (Arc::clone(card), end.json());
        let write = move |db: &Db| -> Result<Option<Session>, StoreError> {
            let change = rows::Change {
                seq: stored.seq,
                version,
                fence: None,
                from,
                to: TaskState::Cancelled,
                reason: &cancel.reason,
                actor: &cancel.actor,
                at: now,
                outcome: Some(&outcome),
            };
            rows::change(db, change)?;
            sessions::find(db, &stored.org, stored.key.as_str())
        };
        match self.store.write(write).await {
            Ok(session) => self.conclude(card, session.as_ref(), end, &[]),
            Err(error) => self.give_up(card, &error),
        }
    }
}
