//! A task that has not ended, as the board keeps it.

use std::sync::Arc;

use nodes::executor::Steering;
use schemas::clock::Millis;
use schemas::task::{QueueMode, TaskState};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::request::Card;

/// A task that has not ended.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) card: Arc<Card>,
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
    pub(super) fn new(card: Arc<Card>, state: TaskState, version: i64) -> Self {
        let at_work =
            || AtWork { tail: watch::Sender::new(0), handed: watch::Sender::new(true), percent: None };
        Self {
            work: card.request.work.is_some().then(|| Box::new(at_work())),
            card,
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
