//! What is known of one run at a worker, and what was said and not answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use nodes::executor::{Assignment, Decision, FollowUp, Outcome, Progress, Step};
use nodes::transport::TransportError;
use nodes::work::wire::{Order, Report, RunKey};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Workers;

/// One run, between the engine and its worker.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that happened once, in any order")]
pub(super) struct Desk {
    workers: Arc<Workers>,
    worker: String,
    pub(super) run: RunKey,
    start: Box<Assignment>,
    progress: Progress,
    stored: watch::Receiver<u64>,
    /// The connection that knows what we want.
    line: Option<u64>,
    /// Whether the worker ever said something of the run.
    begun: bool,
    /// Whether it was ever told to begin.
    told: bool,
    /// Which life of the worker was.
    told_to: Option<Arc<str>>,
    stopping: bool,
    ended: bool,
    refused: bool,
    /// The number of the next step.
    next: u64,
    /// When a missing step was last asked for, and which.
    missed: Option<(u64, Instant)>,
    /// Messages that the worker has not answered.
    inputs: BTreeMap<String, (String, FollowUp)>,
    more_inputs: bool,
    /// Questions that came, and the answers to them as far as there are.
    asked: BTreeMap<String, Option<Decision>>,
    withdrawn: BTreeSet<String>,
    answers: FuturesUnordered<BoxFuture<'static, (String, Decision)>>,
    /// The engine does not take steps any more.
    deaf: bool,
}

/// What the engine says into a run.
pub(super) enum Word {
    Input(FollowUp),
    NoMoreInputs,
    Answer(String, Decision),
    Stored(u64),
}

impl Desk {
    pub(super) fn new(workers: &Arc<Workers>, worker: &str, task: Assignment, progress: Progress) -> Self {
        let (begun, next) = (task.resume_from.is_some(), task.resume_from.unwrap_or_default());
        Self {
            workers: Arc::clone(workers),
            worker: worker.to_owned(),
            run: RunKey::of(&task),
            start: Box::new(outward(task)),
            stored: progress.stored(),
            progress,
            line: None,
            begun,
            told: begun,
            told_to: None,
            stopping: false,
            ended: false,
            refused: false,
            next,
            missed: None,
            inputs: BTreeMap::new(),
            more_inputs: true,
            asked: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            answers: FuturesUnordered::new(),
            deaf: false,
        }
    }

    /// Says on a new connection what the worker has to know.
    pub(super) fn meet(
        &mut self,
        line: u64,
        holds: bool,
        this_life: Option<Arc<str>>,
    ) -> Result<(), TransportError> {
        if self.line == Some(line) {
            return Ok(());
        }
        self.line = Some(line);
        if holds {
            (self.begun, self.told) = (true, true);
            let stored =
                (*self.stored.borrow()).min(self.next).max(self.start.resume_from.unwrap_or_default());
            self.send(Order::Stored { run: self.run, next: stored });
            self.send(Order::Resend { run: self.run, from: self.next });
            self.repeat();
            return Ok(());
        }
        // One that was told and died may have begun without a word of it.
        let died = self.told && matches!((&self.told_to, &this_life), (Some(old), Some(new)) if old != new);
        if self.begun || died {
            let message = format!("the worker {} came back without it", self.worker);
            return Err(TransportError::MayHaveRun(message));
        }
        self.told = true;
        self.told_to = this_life;
        self.send(Order::Start { assignment: self.start.clone() });
        Ok(())
    }

    /// Notes that the worker is not connected.
    pub(super) fn part(&mut self) {
        self.line = None;
    }

    /// Asks the worker to end the run; false: it never heard of it, or cannot be reached, so there is nothing to wait for.
    pub(super) fn stop(&mut self) -> bool {
        self.stopping = true;
        if !self.told || self.line.is_none() {
            return false;
        }
        self.send(Order::Cancel { run: self.run });
        true
    }

    /// Takes a report; returns the outcome if that was the end.
    pub(super) async fn hear(&mut self, report: Report, stop: &CancellationToken) -> Option<Outcome> {
        (self.begun, self.told) = (true, true);
        match report {
            Report::Steps { from, steps, .. } => self.steps(from, steps, stop).await,
            Report::Ask { request, .. } => self.ask(request),
            Report::Withdrawn { question, .. } => {
                self.asked.remove(&question);
                self.withdrawn.insert(question);
                // Dropped with its future: whoever was asked need not answer.
                self.drop_withdrawn();
            }
            Report::Taken { id, taken, .. } => {
                if let Some((_, input)) = self.inputs.remove(&id).filter(|_| taken) {
                    input.taken();
                }
            }
            Report::Ended { from, outcome, .. } if from <= self.next => {
                self.ended = true;
                return Some(outcome);
            }
            Report::Ended { .. } => self.ask_again(),
            Report::Refused { failure, .. } => {
                (self.ended, self.refused) = (true, true);
                return Some(Outcome::failed(failure));
            }
            Report::Announce { .. } | Report::Status { .. } => {}
        }
        None
    }

    async fn steps(&mut self, from: u64, steps: Vec<Step>, stop: &CancellationToken) {
        if from > self.next {
            self.ask_again();
            return;
        }
        for (number, step) in (from..).zip(steps) {
            if number < self.next {
                continue;
            }
            self.next = number + 1;
            self.hand_over(step, stop).await;
        }
        if self.deaf || !self.tracks() {
            // Nobody says what is stored: what was handed over need not be kept.
            self.send(Order::Stored { run: self.run, next: self.next });
        }
    }

    /// Hands a step to the engine. Once the run is to end, an engine that takes nothing is not waited for.
    async fn hand_over(&mut self, step: Step, halt: &CancellationToken) {
        if self.deaf {
            return;
        }
        let taking = self.progress.step(step);
        tokio::pin!(taking);
        tokio::select! {
            biased;
            () = &mut taking => {}
            () = halt.cancelled() => {
                self.deaf = tokio::time::timeout(LAST_WORDS, taking).await.is_err();
            }
        }
    }

    fn ask(&mut self, request: nodes::executor::PermissionRequest) {
        let id = request.id.clone();
        if self.withdrawn.contains(&id) || self.asked.len() >= MAX_ASKED {
            return;
        }
        match self.asked.get(&id) {
            Some(Some(decision)) => {
                let (run, decision) = (self.run, decision.clone());
                self.send(Order::Answer { run, question: id, decision });
            }
            Some(None) => {}
            None => {
                self.asked.insert(id.clone(), None);
                let answer = self.progress.ask(request);
                self.answers.push(async move { (id, answer.await) }.boxed());
            }
        }
    }

    fn drop_withdrawn(&mut self) {
        // The futures know their ids only when they end; with none left open all can go.
        if self.asked.values().all(Option::is_some) {
            self.answers.clear();
        }
    }

    /// Asks for the steps that are missing, not more often than that can help.
    pub(super) fn ask_again(&mut self) {
        let now = Instant::now();
        if self.missed.is_some_and(|(next, at)| next == self.next && now < at + ASK_PAUSE) {
            return;
        }
        self.missed = Some((self.next, now));
        self.send(Order::Resend { run: self.run, from: self.next });
    }

    /// Waits for something to tell the worker.
    pub(super) async fn next_word(&mut self) -> Word {
        tokio::select! {
            biased;
            Ok(()) = self.stored.changed() => Word::Stored(*self.stored.borrow_and_update()),
            input = self.progress.follow_up(), if self.more_inputs => {
                input.map_or(Word::NoMoreInputs, Word::Input)
            }
            Some((id, decision)) = self.answers.next(), if !self.answers.is_empty() => Word::Answer(id, decision),
            else => std::future::pending().await,
        }
    }

    /// Tells the worker.
    pub(super) fn say(&mut self, word: Word) {
        let run = self.run;
        match word {
            Word::NoMoreInputs => self.more_inputs = false,
            Word::Input(input) => {
                let (id, text) = (uuid::Uuid::new_v4().to_string(), input.text.clone());
                self.inputs.insert(id.clone(), (text.clone(), input));
                self.send(Order::Input { run, id, text });
            }
            Word::Answer(question, decision) => {
                if self.withdrawn.contains(&question) {
                    return;
                }
                self.asked.insert(question.clone(), Some(decision.clone()));
                self.send(Order::Answer { run, question, decision });
            }
            Word::Stored(stored) => self.send(Order::Stored { run, next: stored.min(self.next) }),
        }
    }

    /// Says again what was not answered.
    pub(super) fn repeat(&mut self) {
        if self.line.is_none() {
            return;
        }
        let run = self.run;
        if self.stopping {
            self.send(Order::Cancel { run });
        } else if self.told && !self.begun {
            self.send(Order::Start { assignment: self.start.clone() });
        }
        let inputs = self.inputs.iter().map(|(id, (text, _))| (id.clone(), text.clone()));
        let mut orders: Vec<Order> = inputs.map(|(id, text)| Order::Input { run, id, text }).collect();
        let answers = self.asked.iter().filter_map(|(id, answer)| Some((id.clone(), answer.clone()?)));
        orders.extend(answers.map(|(question, decision)| Order::Answer { run, question, decision }));
        self.workers.send(&self.worker, orders);
    }

    /// Returns how long to wait before something is said again.
    pub(super) fn pause(&self, repeat: Duration) -> Duration {
        let waits = self.stopping || !self.begun || !self.inputs.is_empty();
        if waits && self.line.is_some() { repeat } else { LONG }
    }

    /// Returns the error of a run whose worker did not come back.
    pub(super) fn lost(&self, lease: Duration) -> TransportError {
        let away = format!("the worker {} was not connected for {} s", self.worker, lease.as_secs());
        if self.told { TransportError::MayHaveRun(away) } else { TransportError::NeverStarted(away) }
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) const fn was_refused(&self) -> bool {
        self.refused
    }

    /// Returns how much is stored, and the number of the end.
    pub(super) fn end(&self) -> (watch::Receiver<u64>, u64) {
        (self.stored.clone(), self.next)
    }

    /// Says whether somebody still tells what is stored.
    fn tracks(&self) -> bool {
        self.stored.has_changed().is_ok()
    }

    fn send(&self, order: Order) {
        self.workers.send(&self.worker, vec![order]);
    }
}

/// Takes out what is the gateway's own: its program, folder, environment, and ways in from this machine.
fn outward(mut task: Assignment) -> Assignment {
    task.agent.command.clear();
    task.agent.cwd = std::path::PathBuf::new();
    task.agent.env.clear();
    task.agent.env_pass.clear();
    task.tools = None;
    task.environment_marker = (String::new(), String::new());
    task
}

/// How long a step may take to be handed over after the run was told to end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Time between two requests for the same steps.
const ASK_PAUSE: Duration = Duration::from_millis(250);
/// Questions of one run that are remembered.
const MAX_ASKED: usize = 256;
const LONG: Duration = Duration::from_hours(1);
