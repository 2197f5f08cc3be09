//! A task that has not ended, as the board keeps it.

use std::collections::HashSet;
use std::sync::Arc;

use nodes::executor::Steering;
use schemas::clock::Millis;
use schemas::task::{QueueMode, TaskState};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::places::{Needs, Place};
use super::request::Card;

/// A task that has not ended.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) card: Arc<Card>,
    /// Where it can be performed, and the slot that it holds.
    pub(super) needs: Needs,
    pub(super) place: Option<Place>,
    pub(super) state: TaskState,
    pub(super) version: i64,
    pub(super) fence: i64,
    pub(super) stop: CancellationToken,
    /// Set by whoever decided the end first; nobody decides after that.
    pub(super) claimed: Option<TaskState>,
    /// Who asked to stop it, and how.
    pub(super) cancel: Option<Cancel>,
    pub(super) steering: Option<Steering>,
    pub(super) started_at: Option<Millis>,
    /// Why it waits between two runs.
    pub(super) waits_for: Option<&'static str>,
    /// It must not start yet: its commit, its hand-over or its pause is under way.
    pub(super) held: bool,
    pub(super) retries: u32,
    /// What is known of dispatched work only.
    pub(super) work: Option<Box<AtWork>>,
}

/// What is known of dispatched work that has not ended.
#[derive(Debug)]
pub(super) struct AtWork {
    /// How many steps of it are stored.
    pub(super) tail: watch::Sender<u64>,
    /// Whether it is being handed to a live run.
    pub(super) handed: watch::Sender<bool>,
    /// How far it is, from 0 to 100.
    pub(super) percent: Option<u8>,
    /// Tasks that must end before it may start.
    pub(super) waits_on: HashSet<i64>,
    /// The time before which it does not start.
    pub(super) until: Option<Millis>,
    /// Whether it is stored, so that it may start once nothing is in its way.
    pub(super) settled: bool,
}

impl AtWork {
    /// Says whether something must happen before it may start.
    pub(super) fn is_blocked(&self) -> bool {
        self.until.is_some() || !self.waits_on.is_empty()
    }
}

/// Who asked to stop a task.
#[derive(Clone, Debug)]
pub(super) struct Cancel {
    pub(super) actor: Arc<str>,
    /// `rpc`, `user`, `interrupt`.
    pub(super) reason: String,
}

impl Entry {
    /// Returns the entry of a task that must not start yet.
    pub(super) fn new(card: Arc<Card>, needs: Needs, state: TaskState, version: i64) -> Self {
        let at_work = || AtWork {
            tail: watch::Sender::new(0),
            handed: watch::Sender::new(true),
            percent: None,
            waits_on: HashSet::new(),
            until: None,
            settled: false,
        };
        Self {
            work: card.request.work.is_some().then(|| Box::new(at_work())),
            card,
            needs,
            place: None,
            state,
            version,
            fence: 0,
            stop: CancellationToken::new(),
            claimed: None,
            cancel: None,
            steering: None,
            started_at: None,
            waits_for: None,
            held: true,
            retries: 0,
        }
    }

    /// Returns how early it goes among those that wait for a place.
    pub(super) fn priority(&self) -> i32 {
        self.card.request.work.as_ref().map_or(0, |work| work.priority)
    }

    /// Says whether it is being handed to the run that is alive.
    pub(super) fn joins(&self) -> bool {
        self.held && self.waits_for == Some(STEERED)
    }

    /// Says whether one run may answer it together with its neighbours.
    pub(super) fn collects(&self) -> bool {
        self.card.request.mode == QueueMode::Collect && self.state == TaskState::Pending
    }
}

/// Marks a task that is being handed to a live run.
pub(super) const STEERED: &str = "steered";
