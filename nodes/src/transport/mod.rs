//! The transports: how a task travels to whoever performs it.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod local;

use std::fmt::Debug;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::executor::{Assignment, Outcome, Progress, Retry};

pub use local::Local;

/// Carries assignments to an executor and their outcomes back.
///
/// It differs from an executor in one thing: it can lose the task on the way.
#[async_trait]
pub trait Transport: Send + Sync + Debug + 'static {
    /// Has `task` performed at the other end and returns its outcome; the rest is as for
    /// [`Executor::execute`](crate::executor::Executor::execute).
    async fn run(
        &self,
        task: Assignment,
        progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError>;
}

/// Why no outcome came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The task never reached an executor, so nothing of it was done.
    #[error("The task could not be handed over: {0}")]
    NeverStarted(String),
    /// The connection was lost after the task had been handed over: it may have been done, in part or whole.
    #[error("The connection was lost while the task was running: {0}")]
    MayHaveRun(String),
}

impl TransportError {
    /// Says whether the task may simply be sent again: only when nothing of it was done.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::NeverStarted(_) => Retry::Later,
            Self::MayHaveRun(_) => Retry::Never,
        }
    }
}
