//! One run at a worker: the executor at work, what it says kept, what the gateway says handed to it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::spool::pieces;
use super::wire::RunKey;
use crate::executor::{
    Assignment, Decision, EndedBy, Executor, Failure, FailureClass, Observer, Outcome, Progress, Question,
    Step, channel,
};
use crate::workspace::{self, Stay};

/// What the gateway says into a run.
#[derive(Debug)]
pub(super) enum Word {
    Input { id: String, text: String },
    Answer { question: String, decision: Decision },
}

/// What is open between a run and the gateway.
struct Desk {
    worker: Arc<Worker>,
    key: RunKey,
    questions: Vec<Question>,
    inputs: FuturesUnordered<BoxFuture<'static, (String, bool)>>,
}

/// Performs a run; when the future ends, nothing of it is left running and its end is kept.
pub(super) async fn perform(
    worker: Arc<Worker>,
    key: RunKey,
    executor: Arc<dyn Executor>,
    assignment: Assignment,
    (halt, mut mail): (CancellationToken, mpsc::Receiver<Word>),
) {
    let (progress, mut observer) = channel(MAX_STEPS);
    let steering = observer.steering.clone();
    let mut desk =
        Desk { worker: Arc::clone(&worker), key, questions: Vec::new(), inputs: FuturesUnordered::new() };
    let work = in_its_place(&worker, executor, assignment, (progress, halt));
    tokio::pin!(work);
    let outcome = loop {
        let room = worker.room.notified();
        tokio::pin!(room);
        // Before the look, so that a ring in between is not missed.
        room.as_mut().enable();
        let may_keep = worker.may_keep(key);
        tokio::select! {
            biased;
            Some(said) = mail.recv() => desk.take(said, &steering),
            Some(step) = observer.steps.recv(), if may_keep => desk.keep(step),
            Some(question) = observer.questions.recv() => desk.ask(question),
            id = withdrawn(&mut desk.questions) => desk.withdraw(&id),
            Some((id, taken)) = desk.inputs.next(), if !desk.inputs.is_empty() => worker.taken(key, &id, taken),
            outcome = &mut work => break outcome,
            () = room, if !may_keep => {}
        }
    };
    drain(&mut observer, &desk);
    // Whoever still waits for a message to be taken is told that it was not.
    drop(observer);
    while let Some((id, taken)) = desk.inputs.next().await {
        worker.taken(key, &id, taken);
    }
    worker.ended(key, outcome);
}

/// Has a run performed where it is to work, and what it changed there kept.
async fn in_its_place(
    worker: &Worker,
    executor: Arc<dyn Executor>,
    mut assignment: Assignment,
    (progress, halt): (Progress, CancellationToken),
) -> Outcome {
    let options = workspace::Options::new(&worker.state_dir);
    let stay = match Stay::begin(&mut assignment, &options).await {
        Ok(stay) => stay,
        Err(failure) => return Outcome::failed(failure),
    };
    let work = AssertUnwindSafe(executor.execute(assignment, progress, halt)).catch_unwind();
    let outcome = work.await.unwrap_or_else(|_| Outcome::failed(crashed()));
    stay.end(worker.given_back(outcome), false).await
}

impl Desk {
    fn keep(&self, step: Step) {
        self.worker.keep(self.key, step);
    }

    fn ask(&mut self, question: Question) {
        let request = question.request.clone();
        self.questions.push(question);
        self.worker.change(self.key, |run| run.asks.push((request, false)));
    }

    fn withdraw(&mut self, id: &str) {
        self.questions.retain(|question| question.request.id != id);
        self.worker.change(self.key, |run| {
            run.asks.retain(|(request, _)| request.id != id);
            run.withdrawn.push(id.to_owned());
        });
    }

    fn take(&mut self, word: Word, steering: &crate::executor::Steering) {
        match word {
            Word::Input { id, text } => {
                let steering = steering.clone();
                self.inputs.push(async move { (id, steering.follow_up(text).await) }.boxed());
            }
            Word::Answer { question, decision } => {
                let found = self.questions.iter().position(|open| open.request.id == question);
                // One that is known no more was answered before, or withdrawn.
                let Some(found) = found else { return };
                self.questions.swap_remove(found).answer(decision);
                self.worker.change(self.key, |run| run.asks.retain(|(request, _)| request.id != question));
            }
        }
    }
}

/// What the executor said before its outcome comes before the outcome.
fn drain(observer: &mut Observer, desk: &Desk) {
    while let Ok(step) = observer.steps.try_recv() {
        desk.keep(step);
    }
}

/// Waits until one of the questions needs no answer any more; returns its id.
async fn withdrawn(questions: &mut [Question]) -> String {
    std::future::poll_fn(|cx| {
        for question in questions.iter_mut() {
            let over = std::pin::pin!(question.withdrawn()).poll(cx);
            if over.is_ready() {
                return Poll::Ready(question.request.id.clone());
            }
        }
        Poll::Pending
    })
    .await
}

impl Worker {
    /// Says whether a run's next step can be taken: without a connection the oldest make room.
    fn may_keep(&self, key: RunKey) -> bool {
        let state = self.state();
        let connected = state.line.is_some();
        state.runs.get(&key).is_none_or(|run| !connected || run.spool.has_room())
    }

    fn keep(&self, key: RunKey, step: Step) {
        self.change(key, |run| pieces(step).into_iter().for_each(|step| run.spool.push(step)));
    }

    fn taken(&self, key: RunKey, id: &str, taken: bool) {
        self.change(key, |run| {
            if let Some(known) = run.taken.iter_mut().find(|(known, ..)| known == id) {
                (known.1, known.2) = (Some(taken), false);
            }
        });
    }

    /// Nobody asked to stop a run that a worker stops because it leaves: the gateway may give it to somebody else.
    fn given_back(&self, outcome: Outcome) -> Outcome {
        if !self.state().leaving || outcome.ended_by != EndedBy::Cancelled {
            return outcome;
        }
        let message = "The worker was stopped while it performed the task";
        Outcome::failed(Failure::new(FailureClass::NodeLost, "worker.stopped", message))
    }

    fn ended(&self, key: RunKey, mut outcome: Outcome) {
        let patch = outcome.artifact.as_ref().map_or(0, |left| left.text.len());
        if let Ok(reply) = &mut outcome.result {
            shorten(&mut reply.text, LONGEST_ANSWER.saturating_sub(patch));
        }
        tracing::info!(run = %key, ok = outcome.result.is_ok(), "A run has ended");
        self.change(key, |run| {
            run.asks.clear();
            run.ended = Some(outcome);
        });
    }

    fn change(&self, key: RunKey, change: impl FnOnce(&mut super::Run)) {
        if let Some(run) = self.state().runs.get_mut(&key) {
            change(run);
        }
        self.bell.notify_waiters();
    }
}

/// Cuts an answer that no message could carry.
fn shorten(text: &mut String, longest: usize) {
    text.truncate(text.floor_char_boundary(longest));
}

fn crashed() -> Failure {
    let message = "The run ended through a bug in the worker; its log has the cause";
    Failure::new(FailureClass::AgentCrash, "panic", message)
}

/// Steps that may wait between executor and spool.
const MAX_STEPS: usize = 256;
/// The longest answer, with the patch that goes with it, in bytes; escaped for JSON it may be six times as long in the worst case, twice in practice.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
