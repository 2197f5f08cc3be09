//! Between the event loop and the writer: rings and results go over for a whole turn or group at a time.
//!
//! Waking the other thread costs more than most writes. The relay is a task of the event loop: it rings the
//! writer after the tasks that were ready before it, so that their writes share a commit, and it hands out the
//! results of a group after a single wake-up.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::StoreError;

/// Tells whoever waits for a write how its commit went.
pub(super) type Settle = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

#[derive(Default)]
pub(super) struct Relay(Mutex<State>);

#[derive(Default)]
struct State {
    /// Whether a task carries.
    carried: bool,
    ring: bool,
    done: Vec<(Vec<Settle>, bool)>,
    waker: Option<Waker>,
}

impl Relay {
    /// Asks the task to ring the writer; false if there is none.
    pub(super) fn ring(&self) -> bool {
        let mut state = self.lock();
        if state.carried {
            state.ring = true;
            wake(state);
            return true;
        }
        false
    }

    /// Hands over the results of a group; without a task they go to those who wait at once.
    pub(super) fn deliver(&self, settles: Vec<Settle>, committed: bool) {
        let mut state = self.lock();
        if state.carried {
            state.done.push((settles, committed));
            return wake(state);
        }
        drop(state);
        settle(settles, committed);
    }

    /// Carries until the future is dropped.
    pub(super) async fn carry(&self, ring: impl Fn()) {
        let task = Carrier { relay: self, ring };
        self.lock().carried = true;
        poll_fn(|cx| {
            let mut state = self.lock();
            if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.waker = Some(cx.waker().clone());
            }
            task.empty(state);
            Poll::<()>::Pending
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task's side; whatever is left when it goes is still carried.
struct Carrier<'a, F: Fn()> {
    relay: &'a Relay,
    ring: F,
}

impl<F: Fn()> Carrier<'_, F> {
    fn empty(&self, mut state: MutexGuard<'_, State>) {
        let (ring, done) = (std::mem::take(&mut state.ring), std::mem::take(&mut state.done));
        drop(state);
        if ring {
            (self.ring)();
        }
        for (settles, committed) in done {
            settle(settles, committed);
        }
    }
}

impl<F: Fn()> Drop for Carrier<'_, F> {
    fn drop(&mut self) {
        let mut state = self.relay.lock();
        state.carried = false;
        state.waker = None;
        self.empty(state);
    }
}

fn settle(settles: Vec<Settle>, committed: bool) {
    for settle in settles {
        settle(if committed { Ok(()) } else { Err(StoreError::Undone) });
    }
}

/// Wakes the task after the lock is gone.
fn wake(state: MutexGuard<'_, State>) {
    let waker = state.waker.clone();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
