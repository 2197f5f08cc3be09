//! The programs that simulated workers run, and the book that is kept of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nodes::executor::{
    AfterCrash, Assignment, Executor, Failure, FailureClass, Outcome, Progress, Reply, Step,
};
use nodes::work::wire::RunKey;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Dice, Trace};

/// What was done, by whom, as nobody in the story knows it.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) began: Instant,
    pub(super) trace: Trace,
    runs: Mutex<BTreeMap<RunKey, u32>>,
}

impl Ledger {
    pub(super) fn new(trace: Trace) -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), trace, runs: Mutex::default() })
    }

    /// Returns how often each run was begun.
    pub(super) fn runs(&self) -> MutexGuard<'_, BTreeMap<RunKey, u32>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Performs tasks whose prompt is a number of lines and perhaps "fail".
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ledger: Arc<Ledger>,
    /// Which life of which worker runs it.
    pub(super) place: String,
}

#[async_trait]
impl Executor for Program {
    fn after_crash(&self) -> AfterCrash {
        AfterCrash::Fail
    }

    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome {
        let key = RunKey::of(&task);
        self.note(key, "begins");
        *self.ledger.runs().entry(key).or_default() += 1;
        let (lines, fails) = asked(&task.prompt);
        let mut dice = Dice::of(key.task.as_u64_pair().1, key.fence);
        for line in 0..lines {
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.note(key, "is stopped");
                    return Outcome::cancelled();
                }
                () = sleep(dice.up_to(400)) => {}
            }
            progress.step(Step::Text { delta: format!("{line}\n") }).await;
        }
        self.note(key, "is through");
        if fails {
            return Outcome::failed(Failure::new(FailureClass::AgentCrash, "exit_1", "it failed"));
        }
        Outcome::finished(Reply::new(lines.to_string()))
    }
}

impl Program {
    fn note(&self, key: RunKey, what: &str) {
        let number = key.task.as_u64_pair().1;
        self.ledger
            .trace
            .note(self.ledger.began, format_args!("task {number}#{} {what} at {}", key.fence, self.place));
    }
}

/// Returns how many lines a prompt asks for, and whether the program is to fail after them.
pub(super) fn asked(prompt: &str) -> (u64, bool) {
    let (lines, rest) = prompt.split_once(' ').unwrap_or((prompt, ""));
    (lines.parse().unwrap_or(0), rest == "fail")
}
