//! Who is told what happens. The engine tells; who hears is not its business.

use std::fmt::Debug;
use std::sync::Arc;

use nodes::executor::{Question, Step};
use schemas::clock::Millis;
use schemas::task::TaskState;
use tokio::time::Instant;

use super::request::{Card, End};
use crate::store::messages::Message;
use crate::store::sessions::Session;

/// Hears what is committed, in the order of the commits of one conversation.
pub trait Audience: Send + Sync + Debug + 'static {
    /// A message was stored.
    fn said(&self, card: &Card, session: &Session, message: &Message);

    /// A task's state changed.
    fn changed(&self, card: &Card, change: &TaskChange<'_>);

    /// A run is about to start.
    fn begins(&self, run: RunFacts) -> Box<dyn Spectator>;

    /// A task ended without a run of its own.
    fn ended(&self, card: &Card, session: Option<&Session>, end: &End, messages: &[Message]);
}

/// A task's new state.
#[derive(Clone, Copy, Debug)]
pub struct TaskChange<'a> {
    /// The state.
    pub state: TaskState,
    /// When.
    pub at: Millis,
    /// When its first run started.
    pub started_at: Option<Millis>,
    /// Why it waits.
    pub reason: Option<&'a str>,
    /// How it ended.
    pub end: Option<&'a End>,
}

/// What a spectator knows of the run it watches.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The task.
    pub card: Arc<Card>,
    /// The conversation at the start of the run.
    pub session: Session,
    /// The executor's name.
    pub provider: &'static str,
    /// The model asked for.
    pub model: Option<String>,
    /// The folder it works in.
    pub cwd: String,
    /// Which run of the task it is, from 1.
    pub fence: i64,
    /// When it started.
    pub started_at: Millis,
}

/// Watches one run.
pub trait Spectator: Send + Debug {
    /// Something happened.
    fn step(&mut self, step: &Step);

    /// The agent asks for permission.
    fn ask(&mut self, question: Question);

    /// Returns when [`Spectator::flush`] wants to be called.
    fn due(&self) -> Option<Instant>;

    /// Shows what was held back.
    fn flush(&mut self);

    /// The run has ended and that is committed.
    fn ended(self: Box<Self>, end: &End, session: &Session, messages: &[Message]);
}
