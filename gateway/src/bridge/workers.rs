//! One worker for each conversation that has something to do, never two, and never more than so many in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::accounts::AccountName;

/// A conversation on an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lane {
    pub(super) of: AccountName,
    /// The chat and the thread within it.
    pub(super) place: String,
}

/// Which conversations are being worked on. What waits is in the store, not here.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    state: Arc<Mutex<State>>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    /// With whether something came while the worker was at it.
    alive: HashMap<Lane, bool>,
    /// Some conversation found no room.
    overflow: bool,
}

/// The right to work on a conversation. Dropping it, also by a panic, lets others have it.
#[derive(Debug)]
pub(super) struct Shift {
    workers: Workers,
    lane: Option<Lane>,
}

impl Workers {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Arc::default(), limit }
    }

    /// Says that a conversation has something to do. Returns the right to do it, unless somebody has it, who
    /// looks again before the end; or unless there is no room.
    pub(super) fn wake(&self, lane: &Lane) -> Option<Shift> {
        let mut state = self.state();
        if let Some(again) = state.alive.get_mut(lane) {
            *again = true;
            return None;
        }
        if state.alive.len() >= self.limit {
            state.overflow = true;
            return None;
        }
        state.alive.insert(lane.clone(), false);
        Some(Shift { workers: self.clone(), lane: Some(lane.clone()) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shift {
    /// Ends the work when nothing came meanwhile (`Some`): with whether other conversations wait for room.
    pub(super) fn end(&mut self) -> Option<bool> {
        let lane = self.lane.as_ref()?;
        let mut state = self.workers.state();
        if let Some(again) = state.alive.get_mut(lane)
            && std::mem::take(again)
        {
            return None;
        }
        state.alive.remove(lane);
        let overflow = std::mem::take(&mut state.overflow);
        drop(state);
        self.lane = None;
        Some(overflow)
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        if let Some(lane) = &self.lane {
            self.workers.state().alive.remove(lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(place: &str) -> Lane {
        Lane { of: AccountName { channel: "t".into(), account: "main".into() }, place: place.into() }
    }

    #[test]
    fn one_worker_a_conversation_and_none_is_forgotten() {
        let workers = Workers::new(2);
        let mut first = workers.wake(&lane("a")).expect("room");
        assert!(workers.wake(&lane("a")).is_none(), "it has one");
        assert_eq!(first.end(), None, "which looks again");
        let _second = workers.wake(&lane("b")).expect("room");
        assert!(workers.wake(&lane("c")).is_none(), "no room");
        assert_eq!(first.end(), Some(true), "and says that others wait");
        let third = workers.wake(&lane("c")).expect("room");
        drop(third);
        assert!(workers.wake(&lane("c")).is_some(), "a dead worker leaves nothing behind");
    }
}
