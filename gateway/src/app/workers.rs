//! Ties the task engine to the workers: who is there, and the way to each.

use std::sync::{Arc, Weak};

use nodes::transport::Transport;
use schemas::work::WorkerFacts;

use crate::tasks::{Engine, Ways};
use crate::work::{Watcher, Workers};

/// Tells each of the other; to be called before the engine takes up what had not ended.
pub(super) fn join(workers: &Arc<Workers>, engine: &Arc<Engine>) {
    engine.reach_workers(Arc::new(Roads(Arc::clone(workers))));
    workers.watch(Arc::new(Places(Arc::downgrade(engine))));
}

#[derive(Debug)]
struct Roads(Arc<Workers>);

impl Ways for Roads {
    fn to(&self, worker: &str) -> Arc<dyn Transport> {
        self.0.to(worker)
    }
}

/// The engine holds the way to the workers, so they do not hold the engine.
#[derive(Debug)]
struct Places(Weak<Engine>);

impl Watcher for Places {
    fn worker_up(&self, facts: &WorkerFacts, drain: bool) {
        if let Some(engine) = self.0.upgrade() {
            engine.worker_up(facts.clone(), drain);
        }
    }

    fn worker_down(&self, name: &str) {
        if let Some(engine) = self.0.upgrade() {
            engine.worker_down(name);
        }
    }
}
