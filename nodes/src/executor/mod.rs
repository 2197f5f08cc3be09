//! The executors: who performs a task. One trait, one vocabulary, one file for each kind.

pub mod acp;
pub mod assignment;
pub mod claude_code;
pub mod command;
mod limit;
pub mod memory;
pub mod model;
pub mod outcome;
pub mod progress;

use std::fmt::Debug;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

pub use acp::Acp;
pub use assignment::{AgentSpec, Assignment, Attachment, Conversation, Endpoint, ExecutorKind, ToolAccess};
pub use claude_code::ClaudeCode;
pub use command::Command;
pub use memory::Memory;
pub use model::Model;
pub use outcome::{EndedBy, Failure, FailureClass, Left, Outcome, Reply, Retry, Usage};
pub use progress::{
    Decision, FollowUp, Observer, PermissionRequest, Progress, Question, Steering, Step, channel,
};

/// Performs assignments. Implementations hold no state of a single run, so one value serves many at once.
#[async_trait]
pub trait Executor: Send + Sync + Debug + 'static {
    /// Says what may be done with a run of this executor that died together with the process.
    fn after_crash(&self) -> AfterCrash;

    /// Performs `task` and returns once nothing of it is left running.
    ///
    /// Steps go to `progress` while the work goes on; a slow observer slows the work and loses nothing.
    /// When `stop` is cancelled the work is ended, its whole process tree included, and the outcome says
    /// [`EndedBy::Cancelled`]. `task.timeout` is kept by the executor itself.
    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome;
}

/// What may be done with a run whose process died before it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterCrash {
    /// The work has no effects outside its answer: run it again from the start.
    Restart,
    /// The agent kept the conversation: continue it under the same conversation id.
    Resume,
    /// Nobody knows what was done: fail the run and tell the user.
    Fail,
}
