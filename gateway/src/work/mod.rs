//! The workers: who is connected, what each offers, and the way to each. A [`Line`] is one connection of a worker,
//! whatever carries it; [`Workers::to`] is a [`Transport`](nodes::transport::Transport) that outlives it.
//!
//! A run belongs to one worker under one fence. What a worker says of another run is answered with an order to end it,
//! so that nobody does work that nobody waits for.

mod carry;
mod desk;
mod hear;
mod link;
mod list;
mod post;
mod socket;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nodes::work::wire::{Facts, Order, RunKey};
use schemas::Clock;
use schemas::clock::Millis;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::hub::Hub;
use crate::supervise::Jobs;

pub use hear::Refused;
pub use link::{Line, Outlet, Owner};
use post::Post;
pub use socket::Seat;
use socket::Sockets;

/// What the part is built of.
#[derive(Debug)]
pub struct Parts {
    /// The time.
    pub clock: Clock,
    /// The connections, for events.
    pub hub: Arc<Hub>,
    /// Where errands are started.
    pub jobs: Jobs,
    /// How long things may take; tests are shorter.
    pub patience: Patience,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A worker that was lost may come back within this time; then its runs are lost.
    pub lease: Duration,
    /// Runs that nobody knows are left alone for this time after a start: the engine takes up what it had.
    pub adopt: Duration,
    /// An order that was not answered is given again after this time.
    pub repeat: Duration,
    /// A run that was told to end may take this long.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(90),
            adopt: Duration::from_secs(20),
            repeat: Duration::from_secs(5),
            stop: Duration::from_secs(30),
        }
    }
}

/// Who wants to know which workers there are: the task engine.
pub trait Watcher: Send + Sync + Debug {
    /// A worker came, or changed what it offers; `drain`: it is to be given nothing new.
    fn worker_up(&self, facts: &Facts, drain: bool);
    /// It went.
    fn worker_down(&self, name: &str);
}

/// The workers of this gateway.
#[derive(Debug)]
pub struct Workers {
    clock: Clock,
    hub: Arc<Hub>,
    jobs: Jobs,
    patience: Patience,
    began: Instant,
    leaving: CancellationToken,
    watcher: OnceLock<Arc<dyn Watcher>>,
    sockets: Sockets,
    /// A plain mutex: it is held for look-ups and small changes, never across I/O.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    workers: BTreeMap<String, Known>,
    /// The runs that are waited for.
    posts: BTreeMap<RunKey, Arc<Post>>,
    /// Runs whose end was handed over and is not known to be stored.
    closing: BTreeMap<RunKey, Closing>,
    lines: u64,
    /// Workers that are given nothing new, connected or not.
    drained: BTreeSet<String>,
}

/// A worker that is connected, or was.
#[derive(Debug)]
struct Known {
    facts: Facts,
    owner: Owner,
    transport: &'static str,
    here: Option<Here>,
    /// Runs that it said it holds.
    held: BTreeSet<RunKey>,
    /// Which life of the worker it is, if it says.
    life: Option<Arc<str>>,
    seen_at: Millis,
    lost_at: Instant,
}

#[derive(Debug)]
struct Here {
    line: u64,
    outlet: Arc<dyn Outlet>,
    since: Millis,
}

#[derive(Debug)]
struct Closing {
    worker: String,
    since: Instant,
}

impl Workers {
    /// Returns the part with no worker in it.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            clock: parts.clock,
            hub: parts.hub,
            jobs: parts.jobs,
            patience: parts.patience,
            began: Instant::now(),
            leaving: CancellationToken::new(),
            watcher: OnceLock::new(),
            sockets: Sockets::default(),
            state: Mutex::default(),
        })
    }

    /// Says who is told of workers; only the first is.
    pub fn watch(&self, watcher: Arc<dyn Watcher>) {
        if self.watcher.set(watcher).is_err() {
            tracing::error!("Somebody else hears of workers already");
        }
    }

    /// Lets go of all runs without ending them: the gateway stops, and the next start takes them up again. To be called
    /// before the engine is told to leave.
    pub fn leave(&self) {
        self.leaving.cancel();
    }

    /// Says that the end of a run is stored, so that its worker need not keep it.
    pub fn settled(&self, run: RunKey) {
        let closing = self.state().closing.remove(&run);
        if let Some(closing) = closing {
            self.give(&closing.worker, Order::Forget { run });
        }
    }

    /// Ends what nobody waits for. To be called every second or so.
    pub fn sweep(&self) {
        let now = Instant::now();
        let mut state = self.state();
        let old: Vec<RunKey> = state
            .closing
            .iter()
            .filter(|(_, closing)| now.duration_since(closing.since) > SETTLES)
            .map(|(run, _)| *run)
            .collect();
        let settled = old.into_iter().filter_map(|run| Some((state.closing.remove(&run)?.worker, run)));
        let mut orders: Vec<(String, Order)> =
            settled.map(|(worker, run)| (worker, Order::Forget { run })).collect();
        if self.began.elapsed() >= self.patience.adopt {
            orders.extend(state.strangers());
        }
        drop(state);
        for (worker, order) in orders {
            self.give(&worker, order);
        }
    }

    /// Gives a worker an order, if it is connected.
    fn give(&self, worker: &str, order: Order) -> bool {
        self.give_all(worker, vec![order])
    }

    fn give_all(&self, worker: &str, orders: Vec<Order>) -> bool {
        let outlet =
            self.state().workers.get(worker).and_then(|known| Some(Arc::clone(&known.here.as_ref()?.outlet)));
        outlet.is_some_and(|outlet| orders.is_empty() || outlet.give(orders))
    }

    /// A panic while the lock was held leaves whole entries, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_expected(&self, run: RunKey, worker: &str) -> bool {
        self.posts.get(&run).is_some_and(|post| post.worker == worker) || self.closing.contains_key(&run)
    }

    /// Returns orders to end what workers hold and nobody waits for.
    fn strangers(&mut self) -> Vec<(String, Order)> {
        let mut orders = Vec::new();
        let names: Vec<String> = self
            .workers
            .iter()
            .filter(|(_, known)| known.here.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            let held: Vec<RunKey> =
                self.workers.get(&name).map(|known| known.held.iter().copied().collect()).unwrap_or_default();
            let unexpected: Vec<RunKey> =
                held.into_iter().filter(|run| !self.is_expected(*run, &name)).collect();
            for run in unexpected {
                orders.push((name.clone(), Order::Cancel { run }));
                if let Some(known) = self.workers.get_mut(&name) {
                    known.held.remove(&run);
                }
            }
        }
        orders
    }
}

/// How long storing an end may take that nobody reports as stored.
const SETTLES: Duration = Duration::from_secs(10);
