//! Which process of a worker has the word over HTTP, and the orders that wait for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nodes::work::wire::Order;
use schemas::bounds::MAX_WORKER_ORDERS;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::admit::Nonces;
use crate::supervise::{Job, Jobs};
use crate::work::{Line, Outlet, Owner, Workers};

/// The processes that have announced themselves.
#[derive(Clone, Debug)]
pub(in crate::door) struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    workers: Arc<Workers>,
    jobs: Jobs,
    nonces: Nonces,
    by_name: Mutex<HashMap<Arc<str>, Arc<Session>>>,
}

/// One process of a worker, from its announcement on.
#[derive(Debug)]
pub(super) struct Session {
    /// The process's own name for itself.
    pub(super) instance: String,
    pub(super) line: Line,
    mailbox: Arc<Mailbox>,
    seen: Mutex<Instant>,
}

/// Orders that wait to be fetched, and those that were and are not acknowledged.
#[derive(Debug, Default)]
struct Mailbox {
    queue: Mutex<Queue>,
    bell: Notify,
    over: CancellationToken,
}

#[derive(Debug, Default)]
struct Queue {
    /// The number of the last order.
    last: u64,
    waiting: VecDeque<(u64, Order)>,
}

/// What stands in the way of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// Nobody with that token has announced itself.
    Nobody,
    /// Another process did, later.
    Replaced,
}

impl Outlet for Mailbox {
    fn give(&self, orders: Vec<Order>) -> bool {
        if self.over.is_cancelled() {
            return false;
        }
        let mut queue = self.queue();
        for order in orders {
            queue.last += 1;
            let number = queue.last;
            queue.waiting.push_back((number, order));
        }
        let full = queue.waiting.len() > MAX_WORKER_ORDERS;
        drop(queue);
        self.bell.notify_waiters();
        if full {
            self.over.cancel();
        }
        !full
    }

    fn close(&self, _why: &str) {
        self.over.cancel();
    }
}

impl Mailbox {
    /// Drops what was acknowledged and returns the rest, at most a page of it.
    fn fetch(&self, ack: u64) -> (Vec<Order>, u64) {
        let mut queue = self.queue();
        while queue.waiting.front().is_some_and(|(number, _)| *number <= ack) {
            queue.waiting.pop_front();
        }
        let page: Vec<(u64, Order)> = queue.waiting.iter().take(PAGE).cloned().collect();
        let cursor = page.last().map_or(ack, |(number, _)| *number);
        (page.into_iter().map(|(_, order)| order).collect(), cursor)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Returns the orders after `ack`, as soon as there are some, at the latest after `wait`, and the number of the
    /// last. They come again until a later request acknowledges them.
    pub(super) async fn orders(&self, ack: u64, wait: Duration) -> Result<(Vec<Order>, u64), Stranger> {
        let until = Instant::now() + wait;
        loop {
            let rung = self.mailbox.bell.notified();
            tokio::pin!(rung);
            // Before the look, so that a ring in between is not missed.
            rung.as_mut().enable();
            self.touch();
            if self.mailbox.over.is_cancelled() {
                return Err(Stranger::Replaced);
            }
            let (orders, cursor) = self.mailbox.fetch(ack);
            if !orders.is_empty() || Instant::now() >= until {
                return Ok((orders, cursor));
            }
            tokio::select! {
                () = rung => {}
                () = self.mailbox.over.cancelled() => {}
                // Looked in on now and then, so that whoever waits counts as seen.
                () = tokio::time::sleep_until(until.min(Instant::now() + SEEN)) => {}
            }
        }
    }

    fn touch(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

impl Sessions {
    pub(super) fn new(workers: &Arc<Workers>, jobs: &Jobs) -> Self {
        Self(Arc::new(Inner {
            workers: Arc::clone(workers),
            jobs: jobs.clone(),
            nonces: Nonces::default(),
            by_name: Mutex::default(),
        }))
    }

    pub(super) fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    pub(super) fn workers(&self) -> &Arc<Workers> {
        &self.0.workers
    }

    /// Returns the session of a process that has the word.
    pub(super) fn of(&self, name: &Arc<str>, instance: &str) -> Result<Arc<Session>, Stranger> {
        let session = self.by_name().get(name).cloned().ok_or(Stranger::Nobody)?;
        if session.instance != instance {
            return Err(Stranger::Replaced);
        }
        if session.mailbox.over.is_cancelled() {
            return Err(Stranger::Nobody);
        }
        session.touch();
        Ok(session)
    }

    /// Begins a session; it takes the word from the one before with [`Sessions::install`], once its announcement is taken.
    pub(super) fn begin(&self, name: &Arc<str>, instance: &str) -> Arc<Session> {
        let mailbox = Arc::new(Mailbox::default());
        let outlet: Arc<dyn Outlet> = Arc::<Mailbox>::clone(&mailbox);
        let line = Line::open(&self.0.workers, Owner::Token(Arc::clone(name)), "http", outlet);
        let seen = Mutex::new(Instant::now());
        Arc::new(Session { instance: instance.to_owned(), line, mailbox, seen })
    }

    pub(super) fn install(&self, name: &Arc<str>, session: &Arc<Session>) {
        let before = self.by_name().insert(Arc::clone(name), Arc::clone(session));
        if let Some(before) = before {
            before.mailbox.over.cancel();
        }
        let (sessions, name, session) = (self.clone(), Arc::clone(name), Arc::clone(session));
        self.0.jobs.spawn(Job::Connection, async move {
            let over = session.mailbox.over.clone();
            while session.idle() < GONE {
                tokio::select! {
                    () = over.cancelled() => break,
                    () = sessions.0.jobs.stopping().cancelled() => break,
                    () = tokio::time::sleep(SEEN) => {}
                }
            }
            over.cancel();
            let mut by_name = sessions.by_name();
            if by_name.get(&name).is_some_and(|known| Arc::ptr_eq(known, &session)) {
                by_name.remove(&name);
            }
        });
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Session>>> {
        self.0.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Orders in one answer.
const PAGE: usize = 64;
/// How often a session is looked at.
const SEEN: Duration = Duration::from_secs(5);
/// A worker that has not asked for so long is gone; it may wait for 25 s at a time.
const GONE: Duration = Duration::from_secs(45);
