//! What gateway and worker say to each other, whatever carries it. Each message may come twice, late or not at all:
//! runs are told apart by task and fence, steps by their number, so that a repeat changes nothing.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::executor::{Assignment, Decision, Failure, Outcome, PermissionRequest, Step};

pub use schemas::work::{WorkerFacts as Facts, WorkerHealth as Health, WorkerPermissions};

/// One attempt at a task: the task, and the number that grows with every attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunKey {
    /// The task.
    pub task: Uuid,
    /// The attempt; only the highest may report.
    pub fence: u64,
}

/// What the gateway tells a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "camelCase")]
pub enum Order {
    /// Perform this, unless it is known already.
    Start {
        /// All of it; program, folder and environment are the worker's own.
        assignment: Box<Assignment>,
    },
    /// A message for the running agent.
    Input {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The message's id, for [`Report::Taken`].
        id: String,
        /// What the person wrote.
        text: String,
    },
    /// The answer to [`Report::Ask`].
    Answer {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The question's id.
        question: String,
        /// The answer.
        decision: Decision,
    },
    /// End the run; drop what is kept of one that has ended.
    Cancel {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
    },
    /// Its end is stored: nothing of it need be kept.
    Forget {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
    },
    /// Say the steps from this number on again.
    Resend {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The number.
        from: u64,
    },
    /// The steps below this number are stored: they need not be kept.
    Stored {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The number.
        next: u64,
    },
}

/// What a worker tells the gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "camelCase")]
pub enum Report {
    /// The first words on every connection: who it is, and which runs it holds.
    Announce {
        /// What it offers.
        facts: Facts,
        /// Its runs, those that have ended and are not forgotten included.
        runs: Vec<Held>,
        /// Any text that is another one after each start of the worker. With it, a run that was ordered just before the
        /// worker died counts as one that may have begun; without, it is ordered again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        life: Option<String>,
    },
    /// Steps of a run, in order. A batch without any says that the run has begun.
    Steps {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The number of the first.
        from: u64,
        /// The steps.
        steps: Vec<Step>,
    },
    /// The agent asks for permission.
    Ask {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// What it asks.
        request: PermissionRequest,
    },
    /// The question needs no answer any more.
    Withdrawn {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The question's id.
        question: String,
    },
    /// What became of a message for the agent.
    Taken {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// The message's id.
        id: String,
        /// Whether the agent has it.
        taken: bool,
    },
    /// The run has ended.
    Ended {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// How many steps there were: the end counts as the one after the last.
        from: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// The run was not begun.
    Refused {
        /// Which run.
        #[serde(flatten)]
        run: RunKey,
        /// Why.
        failure: Failure,
    },
    /// How the worker is, now and then and when something changed.
    Status {
        /// Runs that are alive.
        running: u32,
        /// What it offers, if that changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        facts: Option<Facts>,
    },
}

/// A run that a worker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which run.
    #[serde(flatten)]
    pub run: RunKey,
    /// The number of its next step.
    pub next: u64,
}

impl Order {
    /// Returns the run it is about.
    pub fn run(&self) -> RunKey {
        match self {
            Self::Start { assignment } => RunKey::of(assignment),
            Self::Input { run, .. }
            | Self::Answer { run, .. }
            | Self::Cancel { run }
            | Self::Forget { run }
            | Self::Resend { run, .. }
            | Self::Stored { run, .. } => *run,
        }
    }
}

impl Report {
    /// Returns the run it is about, if it is about one.
    pub fn run(&self) -> Option<RunKey> {
        match self {
            Self::Announce { .. } | Self::Status { .. } => None,
            Self::Steps { run, .. }
            | Self::Ask { run, .. }
            | Self::Withdrawn { run, .. }
            | Self::Taken { run, .. }
            | Self::Ended { run, .. }
            | Self::Refused { run, .. } => Some(*run),
        }
    }
}

impl RunKey {
    /// Returns the run that an assignment is.
    pub const fn of(assignment: &Assignment) -> Self {
        Self { task: assignment.task_id, fence: assignment.fence }
    }
}

impl std::fmt::Display for RunKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.task, self.fence)
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
pub(crate) mod tests;
