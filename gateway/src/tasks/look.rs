//! What others ask the engine about its tasks: how many wait, how far one is, what it became part of.

use std::sync::Arc;

use schemas::task::TaskState;
use tokio::sync::watch;
use uuid::Uuid;

use super::accept::Ticket;
use super::request::{Card, Stage};
use super::{Engine, SubmitError};
use crate::store::{StoreError, tasks as rows};

/// The growing end of a task's output.
#[derive(Debug)]
pub struct Tail {
    stored: Option<watch::Receiver<u64>>,
    stage: watch::Receiver<Stage>,
}

impl Tail {
    /// Waits until more than `steps` steps are stored, or the task has ended.
    pub async fn grows(mut self, steps: u64) {
        let ended = self.stage.wait_for(|stage| matches!(stage, Stage::Ended(_) | Stage::Refused(_)));
        let more = async {
            match &mut self.stored {
                Some(stored) => drop(stored.wait_for(|stored| *stored > steps).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = ended => {}
            () = more => {}
        }
    }
}

impl Engine {
    /// Returns the growing end of a task's output; `None` once the task has ended.
    pub fn tail(&self, seq: i64) -> Option<Tail> {
        let board = self.board();
        let entry = board.entry(seq)?;
        let stored = entry.work.as_ref().map(|work| work.tail.subscribe());
        Some(Tail { stored, stage: entry.card.stage.subscribe() })
    }

    /// Returns a task that has not ended, and its state.
    pub fn open_task(&self, seq: i64) -> Option<(Arc<Card>, TaskState)> {
        self.board().entry(seq).map(|entry| (Arc::clone(&entry.card), entry.state))
    }

    /// Returns how far a task is that has not ended, from 0 to 100, as its agent says.
    pub fn percent(&self, seq: i64) -> Option<u8> {
        self.board().entry(seq)?.work.as_ref()?.percent
    }

    /// Returns how many tasks wait, and how many run.
    pub fn depth(&self) -> (usize, usize) {
        let (all, running) = self.board().load();
        (all - running, running)
    }

    /// Returns the id of a task.
    pub async fn id_of(&self, org: &str, seq: i64) -> Result<Option<Uuid>, StoreError> {
        if let Some((card, _)) = self.open_task(seq) {
            return Ok(Some(card.id));
        }
        let org = org.to_owned();
        let row = self.store.read(move |db| rows::get(db, &org, seq)).await?;
        Ok(row.map(|row| row.id))
    }

    /// Waits until it is known whether a message became part of a run that was alive.
    pub async fn joined(&self, org: &str, ticket: &Ticket) -> Result<bool, SubmitError> {
        let handed =
            self.board().entry(ticket.seq).and_then(|entry| Some(entry.work.as_ref()?.handed.subscribe()));
        // Without a sender the task has ended: it is part of another run, or was stopped.
        if let Some(mut handed) = handed
            && handed.wait_for(|under_way| !*under_way).await.is_ok()
        {
            return Ok(false);
        }
        let end = self.stored_end(org, ticket.seq).await.map_err(|_| SubmitError::Store)?;
        Ok(end.is_some_and(|end| end.joined.is_some()))
    }
}
