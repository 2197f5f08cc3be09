//! How many tasks there are in each state, without counting rows whenever somebody asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use schemas::methods::system::TaskCounts;
use tokio::sync::OnceCell;

use super::Engine;
use super::request::End;
use crate::store::durations::{Durations, durations};
use crate::store::{StoreError, tasks as rows};

/// What ended before the start is counted once, when somebody first asks: it never changes again. What ended
/// since is counted as it ends, and what has not ended is on the board.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The latest task of before the start.
    last: i64,
    /// Those of before the start that had not ended.
    open: OnceLock<Vec<i64>>,
    before: OnceCell<BTreeMap<String, u64>>,
    since: Mutex<BTreeMap<&'static str, u64>>,
    took_before: OnceCell<Durations>,
    took_since: Mutex<Durations>,
}

impl Tally {
    pub(super) fn new(last: i64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Notes the tasks that the start took up.
    pub(super) fn took_up(&self, open: Vec<i64>) {
        // There is one recovery; a second one would find what the first one left.
        let _ = self.open.set(open);
    }

    pub(super) fn ended(&self, end: &End) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner).entry(end.state.into()).or_default() += 1;
        if end.started_at.is_some() {
            let took = u64::try_from(end.took()).unwrap_or_default();
            self.took_since.lock().unwrap_or_else(PoisonError::into_inner).add(took);
        }
    }
}

impl Engine {
    /// Counts the tasks that have ended by how long they took, from the first start to the end.
    pub async fn durations(&self) -> Result<Durations, StoreError> {
        let (last, open) = (self.tally.last, self.tally.open.get().cloned().unwrap_or_default());
        let count = || self.store.read(move |db| durations(db, last, &open));
        let before = *self.tally.took_before.get_or_try_init(count).await?;
        Ok(before.and(&self.tally.took_since.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Counts the tasks by state.
    pub async fn counts(&self) -> Result<TaskCounts, StoreError> {
        let (last, open) = (self.tally.last, self.tally.open.get().cloned().unwrap_or_default());
        let count = || self.store.read(move |db| rows::ended(db, last, &open));
        let mut by_status = self.tally.before.get_or_try_init(count).await?.clone();
        for (state, count) in &*self.tally.since.lock().unwrap_or_else(PoisonError::into_inner) {
            *by_status.entry((*state).to_owned()).or_default() += count;
        }
        let terminal = by_status.values().sum();
        let mut active = 0;
        for state in self.board().states() {
            *by_status.entry(state.to_string()).or_default() += 1;
            active += 1;
        }
        Ok(TaskCounts {
            total: terminal + active,
            active,
            terminal,
            failures: by_status.get("failed").copied().unwrap_or_default(),
            by_status,
        })
    }
}
