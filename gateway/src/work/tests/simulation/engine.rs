//! The engine of a simulated gateway, a few lines of it: a table that survives kills, and one attempt after another for
//! each task.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nodes::executor::{Assignment, EndedBy, FailureClass, Observer, Outcome, Step, channel};
use nodes::transport::{TransportError, conformance};
use nodes::work::wire::RunKey;
use schemas::Clock;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::network::{self, Net};
use super::program::{Ledger, asked};
use super::{Dice, Trace};
use crate::hub::Hub;
use crate::supervise::Jobs;
use crate::work::{Parts, Patience, Workers};

/// What is stored: a kill costs nothing of it.
#[derive(Debug)]
pub(super) struct Table {
    seed: u64,
    trace: Trace,
    rows: Mutex<Vec<Row>>,
    ended: Notify,
}

#[derive(Debug)]
struct Row {
    prompt: String,
    /// When somebody cancels it, counted from the start of the first gateway.
    cancel_after: Option<Duration>,
    fence: u64,
    /// Who performs the current attempt, while there is one.
    worker: Option<usize>,
    /// The stored steps of each attempt.
    steps: BTreeMap<u64, Vec<Step>>,
    end: Option<Outcome>,
}

impl Table {
    pub(super) fn new(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::of(seed, 2);
        let rows = (0..4 + dice.below(6)).map(|_| {
            let fails = if dice.one_in(8) { " fail" } else { "" };
            Row {
                prompt: format!("{}{fails}", dice.below(40)),
                cancel_after: dice.one_in(6).then(|| dice.up_to(9_000)),
                fence: 0,
                worker: None,
                steps: BTreeMap::new(),
                end: None,
            }
        });
        Self { seed, trace, rows: Mutex::new(rows.collect()), ended: Notify::new() }
    }

    /// Waits until no task is left.
    pub(super) async fn all_ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.rows().iter().all(|row| row.end.is_some()) {
                return;
            }
            ended.await;
        }
    }

    /// Compares what is stored with what was done.
    pub(super) fn check(&self, ledger: &Ledger) {
        for (key, times) in &*ledger.runs() {
            assert_eq!(*times, 1, "{key} was begun more than once");
        }
        for (number, row) in self.rows().iter().enumerate() {
            let (lines, fails) = asked(&row.prompt);
            let stored = row.steps.get(&row.fence).map(Vec::as_slice).unwrap_or_default();
            for (line, step) in stored.iter().enumerate() {
                assert_eq!(*step, Step::Text { delta: format!("{line}\n") }, "task {number}");
            }
            let end = row.end.as_ref().expect("every task has ended");
            match &end.result {
                _ if end.ended_by == EndedBy::Cancelled => {
                    assert!(row.cancel_after.is_some(), "nobody cancelled task {number}");
                    continue;
                }
                Ok(reply) => assert!(!fails && reply.text == lines.to_string(), "task {number}: {end:?}"),
                Err(failure) => assert!(fails && failure.code == "exit_1", "task {number}: {end:?}"),
            }
            assert_eq!(stored.len() as u64, lines, "all lines of task {number} are stored");
            let key = RunKey { task: id(number), fence: row.fence };
            assert!(ledger.runs().contains_key(&key), "somebody did task {number}");
        }
    }

    fn note(&self, net: &Net, what: impl std::fmt::Display) {
        self.trace.note(net.began(), what);
    }

    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(number: usize) -> Uuid {
    Uuid::from_u64_pair(0, number as u64)
}

/// A life of the gateway.
#[derive(Debug)]
pub(super) struct Engine {
    over: CancellationToken,
    net: Arc<Net>,
    jobs: JoinSet<()>,
}

impl Engine {
    pub(super) fn start(table: &Arc<Table>, net: &Arc<Net>) -> Self {
        let clock = Clock::system();
        let hub = Arc::new(Hub::new(clock.clone()));
        let patience = Patience {
            lease: Duration::from_secs(5),
            adopt: Duration::from_secs(4),
            repeat: Duration::from_secs(1),
            stop: Duration::from_secs(10),
        };
        let workers = Workers::new(Parts { clock, hub, jobs: Jobs::default(), patience });
        let over = CancellationToken::new();
        net.plug(Some((Arc::clone(&workers), over.clone())));
        let mut jobs = JoinSet::new();
        let open: Vec<usize> =
            table.rows().iter().enumerate().filter(|(_, row)| row.end.is_none()).map(|(n, _)| n).collect();
        for number in open {
            jobs.spawn(see_through(Arc::clone(table), Arc::clone(net), Arc::clone(&workers), number));
        }
        jobs.spawn(async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                workers.sweep();
            }
        });
        Self { over, net: Arc::clone(net), jobs }
    }

    /// Ends everything at once.
    pub(super) fn kill(mut self) {
        self.net.plug(None);
        self.over.cancel();
        self.jobs.abort_all();
    }
}

/// Performs a task to its end, attempt by attempt.
async fn see_through(table: Arc<Table>, net: Arc<Net>, workers: Arc<Workers>, number: usize) {
    let stop = CancellationToken::new();
    let cancel_after = table.rows()[number].cancel_after;
    let cancel = async {
        let Some(after) = cancel_after else { return std::future::pending().await };
        tokio::time::sleep_until(net.began() + after).await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    let work = async {
        loop {
            if let Some(end) = attempt(&table, &net, &workers, number, &stop).await {
                table.note(&net, format_args!("task {number} ends: {:?}", end.ended_by));
                table.ended.notify_waiters();
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        biased;
        () = work => {}
        () = cancel => {}
    }
}

/// Makes an attempt, or goes on with one of an earlier life; returns how the task ended, if it did.
async fn attempt(
    table: &Table,
    net: &Net,
    workers: &Arc<Workers>,
    number: usize,
    stop: &CancellationToken,
) -> Option<Outcome> {
    let (task, worker) = table.begin(number);
    let fence = task.fence;
    let what = if task.resume_from.is_some() { "goes on" } else { "is given" };
    table.note(net, format_args!("task {number}#{fence} {what} to {}", network::name(worker)));
    let from = task.resume_from.unwrap_or_default();
    let (progress, observer) = channel(4);
    let to = workers.to(&network::name(worker));
    let (outcome, rest) =
        tokio::join!(to.run(task, progress, stop.clone()), table.store(number, fence, from, observer));
    let (observer, stored) = rest;
    let mut rows = table.rows();
    let row = &mut rows[number];
    row.worker = None;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(TransportError::NeverStarted(_) | TransportError::MayHaveRun(_)) => return None,
    };
    if let Err(failure) = &outcome.result
        && matches!(failure.class, FailureClass::Capacity | FailureClass::NodeLost)
    {
        return None;
    }
    assert!(row.end.is_none(), "task {number} ended twice");
    row.end = Some(outcome.clone());
    observer.mark_stored(stored + 1);
    Some(outcome)
}

impl Table {
    /// Stores that an attempt begins, or finds the one that goes on.
    fn begin(&self, number: usize) -> (Assignment, usize) {
        let mut rows = self.rows();
        let row = &mut rows[number];
        let mut task = conformance::task("cat", &row.prompt);
        "main".clone_into(&mut task.agent.name);
        task.task_id = id(number);
        let worker = if let Some(worker) = row.worker {
            let stored = row.steps.get(&row.fence).map_or(0, Vec::len);
            task.resume_from = Some(stored as u64);
            worker
        } else {
            row.fence += 1;
            let chance = Dice::of(self.seed, 1000 + number as u64 * 100 + row.fence).number();
            let worker = usize::try_from(chance % network::WORKERS as u64).unwrap_or_default();
            row.worker = Some(worker);
            worker
        };
        task.fence = row.fence;
        (task, worker)
    }

    /// Stores the steps of an attempt, some at a time; returns how many of it are stored.
    async fn store(&self, number: usize, fence: u64, from: u64, mut observer: Observer) -> (Observer, u64) {
        let mut stored = from;
        let mut dice = Dice::of(self.seed, 5000 + number as u64 * 100 + fence);
        while let Some(step) = observer.steps.recv().await {
            let mut batch = vec![step];
            sleep(dice.up_to(100)).await;
            while let Ok(step) = observer.steps.try_recv() {
                batch.push(step);
            }
            stored += batch.len() as u64;
            self.rows()[number].steps.entry(fence).or_default().extend(batch);
            observer.mark_stored(stored);
        }
        (observer, stored)
    }
}

/// How often what can go wrong did.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<&'static str, u64>);

impl Seen {
    pub(super) fn count(&mut self, story: &[String]) {
        for line in story {
            for what in HAPPENINGS {
                if line.contains(what) {
                    *self.0.entry(what).or_default() += 1;
                }
            }
        }
    }

    pub(super) fn assert_everything_happened(&self) {
        for what in HAPPENINGS {
            assert!(self.0.contains_key(what), "it never came to \"{what}\": {self:?}");
        }
    }
}

/// What a story may tell.
const HAPPENINGS: [&str; 9] = [
    "is killed",
    "dies",
    "is cut off",
    "begins",
    "is stopped",
    "goes on to",
    "ends: Finished",
    "ends: Cancelled",
    "#3 is given",
];
