//! The worker: performs tasks for a gateway, over whatever carries its messages, and keeps them through an outage.
//!
//! A carrier calls [`Worker::attach`] once for each connection, sends what [`Line::next`] gives it and hands orders to
//! [`Worker::hear`]. All that must not be lost is in the worker: a lost connection costs nothing but time.

mod agents;
pub mod grpc;
mod line;
mod run;
mod spool;
mod state;
pub mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::agent::ExecutorKind;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::executor::{Assignment, Executor, Failure, FailureClass};

pub use agents::{AgentConfig, Trade};
pub use line::Line;
use run::Word;
use spool::Spool;
use state::{Run, State};
use wire::{Facts, Order, RunKey};

/// What a worker is made of.
#[derive(Debug)]
pub struct Parts {
    /// What it says of itself.
    pub facts: Facts,
    /// The agents that its owner lets it run.
    pub trade: Trade,
    /// Who performs runs.
    pub executors: HashMap<ExecutorKind, Arc<dyn Executor>>,
    /// Name and beginning of the value of the variable by which its processes are known, also after it was killed.
    pub marker: (String, String),
    /// Where the places of runs lie that are kept apart: a folder of the worker alone.
    pub state_dir: PathBuf,
    /// Limits; tests have smaller ones.
    pub bounds: Bounds,
}

/// How much a worker keeps, and how long it waits before it says something again.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of one run that are kept while they are not stored.
    pub spool: usize,
    /// Bytes of one run that may be on their way.
    pub window: usize,
    /// Bytes of one message, about.
    pub message: usize,
    /// What was said and not answered is said again after this time.
    pub repeat: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            spool: 8 * 1024 * 1024,
            window: 1024 * 1024,
            message: 128 * 1024,
            repeat: Duration::from_secs(15),
        }
    }
}

/// A worker. It lives as long as the program; connections come and go.
#[derive(Debug)]
pub struct Worker {
    trade: Trade,
    executors: HashMap<ExecutorKind, Arc<dyn Executor>>,
    marker: (String, String),
    state_dir: PathBuf,
    bounds: Bounds,
    /// A plain mutex: it is held for look-ups and small changes, never across I/O.
    state: Mutex<State>,
    /// Rung when there may be something to say.
    bell: Notify,
    /// Rung when a run may keep more steps.
    room: Notify,
}

impl Worker {
    /// Makes a worker that does nothing yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let state = State {
            facts: parts.facts,
            life: uuid::Uuid::new_v4().to_string(),
            facts_changed: false,
            runs: BTreeMap::new(),
            seen: VecDeque::new(),
            refused: VecDeque::new(),
            line: None,
            lines: 0,
            announced: false,
            status_due: false,
            leaving: false,
            jobs: JoinSet::new(),
        };
        Arc::new(Self {
            trade: parts.trade,
            executors: parts.executors,
            marker: parts.marker,
            state_dir: parts.state_dir,
            bounds: parts.bounds,
            state: Mutex::new(state),
            bell: Notify::new(),
            room: Notify::new(),
        })
    }

    /// Ends the processes that an earlier life of this worker has left behind, and puts aside the places they worked
    /// in; returns how many processes there were. To be called before anything runs.
    pub async fn reap(&self) -> usize {
        let (name, own) = self.marker.clone();
        let ended =
            crate::process::reap_marked(&name, move |value| value.starts_with(&own), REAP_GRACE).await;
        crate::workspace::sweep_at_start(self.state_dir.clone()).await;
        ended
    }

    /// Begins a connection; the one before has no word any more.
    pub fn attach(self: &Arc<Self>) -> Line {
        let mut state = self.state();
        state.lines += 1;
        let number = state.lines;
        state.line = Some(number);
        state.announced = false;
        for run in state.runs.values_mut() {
            run.tell_all_again();
        }
        drop(state);
        self.bell.notify_waiters();
        Line::new(Arc::clone(self), number)
    }

    /// Returns its name.
    pub fn name(&self) -> String {
        self.state().facts.name.clone()
    }

    /// Returns how many runs are alive.
    pub fn running(&self) -> u32 {
        self.state().running()
    }

    /// Says how the worker is from now on.
    pub fn set_health(&self, health: wire::Health) {
        let mut state = self.state();
        if state.facts.health != health {
            state.facts.health = health;
            state.facts_changed = true;
            drop(state);
            self.bell.notify_waiters();
        }
    }

    /// Says which of the worker's agents cannot run now and why.
    pub fn ailments(&self, path: Option<&std::ffi::OsStr>) -> Vec<String> {
        self.trade.ailments(path)
    }

    /// Has the state told at the next occasion: a sign of life.
    pub fn tell_status(&self) {
        self.state().status_due = true;
        self.bell.notify_waiters();
    }

    /// Takes an order.
    pub fn hear(self: &Arc<Self>, order: Order) {
        match order {
            Order::Start { assignment } => self.start(*assignment),
            Order::Input { run, id, text } => self.input(run, id, text),
            Order::Answer { run, question, decision } => {
                let state = self.state();
                if let Some(run) = state.runs.get(&run) {
                    // Full only if the gateway sends without end; it says it again.
                    let _ = run.words.try_send(Word::Answer { question, decision });
                }
            }
            Order::Cancel { run } => self.cancel(run),
            Order::Forget { run } => {
                let mut state = self.state();
                if state.runs.get(&run).is_some_and(|run| run.ended.is_some()) {
                    state.runs.remove(&run);
                }
                state.refused.retain(|(refused, _)| *refused != run);
            }
            Order::Resend { run, from } => {
                if let Some(run) = self.state().runs.get_mut(&run) {
                    run.spool.rewind(from);
                    run.end_told = false;
                }
            }
            Order::Stored { run, next } => {
                if let Some(run) = self.state().runs.get_mut(&run) {
                    run.spool.stored(next);
                    run.told_at = Instant::now();
                }
                self.room.notify_waiters();
            }
        }
        self.bell.notify_waiters();
    }

    /// Takes nothing new, ends what runs and waits until the gateway knows, `patience` at most.
    pub async fn leave(&self, patience: Duration) {
        {
            let mut state = self.state();
            state.leaving = true;
            state.runs.values().for_each(|run| run.stop.cancel());
        }
        let settled = async {
            loop {
                let rung = self.bell.notified();
                tokio::pin!(rung);
                // Before the look, so that a ring in between is not missed.
                rung.as_mut().enable();
                let waits = {
                    let state = self.state();
                    let alive = state.runs.values().any(|run| run.ended.is_none());
                    alive || (state.line.is_some() && !state.runs.is_empty())
                };
                if !waits {
                    return;
                }
                rung.await;
            }
        };
        if tokio::time::timeout(patience, settled).await.is_err() {
            tracing::warn!("Some runs did not end in time");
        }
        let mut jobs = std::mem::take(&mut self.state().jobs);
        jobs.shutdown().await;
    }

    fn start(self: &Arc<Self>, assignment: Assignment) {
        let key = RunKey::of(&assignment);
        let mut state = self.state();
        if state.runs.contains_key(&key)
            || state.seen.iter().any(|(task, fence)| *task == key.task && *fence >= key.fence)
        {
            return;
        }
        // A newer attempt: whatever is left of an older one has no say any more.
        for (old, run) in state.runs.iter().filter(|(old, _)| old.task == key.task) {
            tracing::warn!(run = %old, "A newer attempt replaces a run");
            run.stop.cancel();
        }
        match self.admit(&state, assignment) {
            Ok((executor, assignment)) => {
                state.remember(key);
                self.begin(&mut state, key, executor, assignment);
            }
            Err(failure) => {
                tracing::warn!(run = %key, code = failure.code, why = failure.message, "A task was refused");
                state.refused.retain(|(refused, _)| *refused != key);
                state.refused.push_back((key, failure));
                if state.refused.len() > MAX_REFUSED {
                    state.refused.pop_front();
                }
            }
        }
    }

    /// Looks for who performs it, within the owner's limits.
    fn admit(
        &self,
        state: &State,
        assignment: Assignment,
    ) -> Result<(Arc<dyn Executor>, Assignment), Failure> {
        let alive = state.runs.values().filter(|run| run.ended.is_none()).count();
        if state.leaving {
            let message = "The worker is stopping";
            return Err(Failure::new(FailureClass::Capacity, "worker.stopping", message));
        }
        if alive >= usize::try_from(state.facts.max_concurrent).unwrap_or(usize::MAX) {
            let message = format!("The worker {} has no free slot", state.facts.name);
            return Err(Failure::new(FailureClass::Capacity, "worker.full", message));
        }
        let mut assignment = self.trade.own(assignment, &state.facts)?;
        let kind = assignment.agent.executor;
        let executor = self.executors.get(&kind).cloned().ok_or_else(|| {
            let message = format!("The worker cannot run agents of the kind {kind}");
            Failure::new(FailureClass::Validation, "worker.no_executor", message)
        })?;
        let (name, own) = &self.marker;
        let value = format!("{own}{}:{}", assignment.task_id, assignment.fence);
        assignment.environment_marker = (name.clone(), value);
        Ok((executor, assignment))
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        key: RunKey,
        executor: Arc<dyn Executor>,
        assignment: Assignment,
    ) {
        let stop = CancellationToken::new();
        let (words, heard) = mpsc::channel(MAX_WORDS);
        let run = Run {
            spool: Spool::new(self.bounds.spool),
            stop: stop.clone(),
            words,
            begun_told: false,
            asks: Vec::new(),
            withdrawn: Vec::new(),
            taken: Vec::new(),
            ended: None,
            end_told: false,
            told_at: Instant::now(),
        };
        state.runs.insert(key, run);
        tracing::info!(run = %key, agent = assignment.agent.name, "A run begins");
        while state.jobs.try_join_next().is_some() {}
        state.jobs.spawn(run::perform(Arc::clone(self), key, executor, assignment, (stop, heard)));
    }

    fn input(self: &Arc<Self>, key: RunKey, id: String, text: String) {
        let mut state = self.state();
        let Some(run) = state.runs.get_mut(&key) else { return };
        if let Some(known) = run.taken.iter_mut().find(|(known, ..)| *known == id) {
            known.2 = false;
            return;
        }
        let sent = run.ended.is_none() && run.words.try_send(Word::Input { id: id.clone(), text }).is_ok();
        run.taken.push((id, (!sent).then_some(false), false));
    }

    fn cancel(self: &Arc<Self>, key: RunKey) {
        let mut state = self.state();
        // Also one that has not come yet: orders may be late.
        state.remember(key);
        state.refused.retain(|(refused, _)| *refused != key);
        match state.runs.get(&key) {
            Some(run) if run.ended.is_some() => drop(state.runs.remove(&key)),
            Some(run) => run.stop.cancel(),
            None => {}
        }
    }

    /// A panic while the lock was held leaves whole entries, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long what a killed worker left behind may take to end.
const REAP_GRACE: Duration = Duration::from_secs(2);
/// Refusals that are kept until they are told.
const MAX_REFUSED: usize = 256;
/// Messages and answers that may wait for one run.
const MAX_WORDS: usize = 64;
