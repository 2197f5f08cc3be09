//! What is asked of the board: who runs and waits where. It decides nothing here.

use std::sync::Arc;

use schemas::task::TaskState;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::board::{Board, LaneKey};
use super::request::Stage;

impl Board {
    /// Returns the tasks of a conversation that run or wait, in order.
    pub(super) fn of_lane(&self, lane: &LaneKey) -> Vec<i64> {
        self.lanes
            .get(lane)
            .map_or_else(Vec::new, |lane| lane.live.iter().chain(&lane.waiting).copied().collect())
    }

    pub(super) fn lanes(&self) -> Vec<LaneKey> {
        self.lanes.keys().cloned().collect()
    }

    pub(super) fn active(&self, org: &str, key: &str) -> (bool, Vec<String>) {
        let lane = (Arc::from(org), key.to_owned());
        let alive = self.lanes.get(&lane).is_some_and(|lane| lane.live.is_some());
        let runs = self.of_lane(&lane);
        let names = runs.iter().filter_map(|seq| Some(self.entries.get(seq)?.card.run_id.clone()));
        (alive, names.collect())
    }

    pub(super) fn by_run(&self, org: &str, run_id: &str) -> Option<(i64, Option<watch::Receiver<Stage>>)> {
        let seq = self.keys.by_run(org, run_id)?;
        Some((seq, self.entries.get(&seq).map(|entry| entry.card.stage.subscribe())))
    }

    /// Returns how many tasks have not ended, and how many of them run.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.entries.len(), self.running)
    }

    /// Returns the tasks that have not ended.
    pub(super) fn open(&self) -> Vec<i64> {
        self.entries.keys().copied().collect()
    }

    /// Returns the state of each task that has not ended.
    pub(super) fn states(&self) -> Vec<TaskState> {
        self.entries.values().map(|entry| entry.state).collect()
    }

    pub(super) fn stop_all(&self) -> Vec<CancellationToken> {
        self.entries.values().map(|entry| entry.stop.clone()).collect()
    }

    pub(super) fn chosen(&self, org: &str, key: &str) -> Option<String> {
        self.chosen.get(&(org.to_owned(), key.to_owned())).cloned()
    }

    pub(super) fn choose(&mut self, org: &str, key: &str, agent: Option<String>) {
        let name = (org.to_owned(), key.to_owned());
        match agent {
            Some(agent) => drop(self.chosen.insert(name, agent)),
            None => drop(self.chosen.remove(&name)),
        }
    }
}
