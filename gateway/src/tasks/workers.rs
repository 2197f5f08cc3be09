//! The workers as the engine sees them: who is there, how loaded, and the way to each.

use std::fmt::Debug;
use std::sync::Arc;

use nodes::transport::Transport;
use schemas::work::WorkerFacts;

use super::Engine;
use super::places::Place;

/// Knows the way to every worker, connected or not.
pub trait Ways: Send + Sync + Debug + 'static {
    /// Returns the way to a worker. A run on it waits for a worker that is away, within reason.
    fn to(&self, worker: &str) -> Arc<dyn Transport>;
}

/// A worker that is connected.
#[derive(Clone, Debug)]
pub struct WorkerLoad {
    /// What it offers.
    pub facts: WorkerFacts,
    /// Whether it is given nothing new.
    pub drain: bool,
    /// Tasks that it runs.
    pub running: usize,
}

impl Engine {
    /// Says how workers are reached; to be called before [`Engine::recover`]. Only the first call counts.
    pub fn reach_workers(&self, ways: Arc<dyn Ways>) {
        if self.ways.set(ways).is_err() {
            tracing::error!("The way to workers is known already");
        }
    }

    /// Notes that a worker is there, or offers something else now, and gives it what waits for it.
    pub fn worker_up(self: &Arc<Self>, facts: WorkerFacts, drain: bool) {
        let place = Place::Worker(facts.name.as_str().into());
        let turns = {
            let mut board = self.board();
            board.places.worker_up(facts, drain);
            board.fill(&place, &self.roster())
        };
        self.start_all(turns);
    }

    /// Notes that a worker is away. Its runs go on; it is given nothing new.
    pub fn worker_down(&self, name: &str) {
        self.board().places.worker_down(name);
    }

    /// Takes a worker out of use, or back; false if it is not there.
    pub fn drain(self: &Arc<Self>, name: &str, drain: bool) -> bool {
        let (known, turns) = {
            let mut board = self.board();
            let known = board.places.drain(name, drain);
            (known, board.fill(&Place::Worker(name.into()), &self.roster()))
        };
        self.start_all(turns);
        known
    }

    /// Returns the workers that are connected, by name.
    pub fn workers(&self) -> Vec<WorkerLoad> {
        let board = self.board();
        let all = board.places.workers();
        all.map(|(facts, drain, running)| WorkerLoad { facts: facts.clone(), drain, running }).collect()
    }

    /// Returns how many workers are connected.
    pub fn workers_online(&self) -> usize {
        self.board().places.workers().count()
    }
}
