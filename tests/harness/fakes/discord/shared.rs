//! The state behind its lock, the tasks, and a bell that rings at each change.

use std::future::Future;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::world::World;

/// What all tasks of a fake share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    changes: watch::Sender<u64>,
    tasks: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self { world: Mutex::new(world), changes: watch::Sender::new(0), tasks: Mutex::default() }
    }

    /// Reads the state.
    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&locked(&self.world))
    }

    /// Changes the state and tells those who wait.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut locked(&self.world));
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        result
    }

    /// Returns what rings at each change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Runs a task until it ends or the fake does.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = locked(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends all tasks: no connection stands any more.
    pub(super) fn end(&self) {
        *locked(&self.tasks) = JoinSet::new();
    }
}

/// A test that failed while it held the lock has said why already.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
