//! One connection of a worker: how it comes in, takes its name, and is lost.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use nodes::work::wire::{Facts, Held, Order};
use schemas::bounds::{MAX_WORKER_FACTS, MAX_WORKERS};
use tokio::time::Instant;

use super::{Here, Known, Refused, State, Workers};

/// The way to a worker over one connection.
pub trait Outlet: Send + Sync + Debug {
    /// Sends orders, in order; false: the connection cannot take them and is as good as lost.
    fn give(&self, orders: Vec<Order>) -> bool;
    /// Ends the connection: another one has taken its place.
    fn close(&self, why: &str);
}

/// Whose worker it is: only that may take its name while it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A paired node, by its device.
    Device(Arc<str>),
    /// Whoever has the token of that name.
    Token(Arc<str>),
}

/// A connection of a worker; dropping it is its end.
#[derive(Debug)]
pub struct Line {
    workers: Arc<Workers>,
    pub(super) number: u64,
    pub(super) owner: Owner,
    pub(super) transport: &'static str,
    pub(super) outlet: Arc<dyn Outlet>,
}

impl Line {
    /// Begins a connection that has not said yet who it is.
    pub fn open(
        workers: &Arc<Workers>,
        owner: Owner,
        transport: &'static str,
        outlet: Arc<dyn Outlet>,
    ) -> Self {
        let number = {
            let mut state = workers.state();
            state.lines += 1;
            state.lines
        };
        Self { workers: Arc::clone(workers), number, owner, transport, outlet }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.workers.lose(self.number);
    }
}

impl Workers {
    /// Takes a worker's first words on a connection.
    pub(super) fn announce(
        &self,
        line: &Line,
        facts: &Facts,
        runs: &[Held],
        this_life: Option<String>,
    ) -> Result<(), Refused> {
        check(facts)?;
        let name = facts.name.clone();
        if let Owner::Token(token) = &line.owner
            && **token != *name
        {
            return Err(Refused::NameTaken(format!("this token is for the worker {token}, not for {name}")));
        }
        let now = self.clock.now();
        let (before, row) = {
            let mut state = self.state();
            state.may_have(&name, &line.owner, self.patience.lease)?;
            let here = Here { line: line.number, outlet: Arc::clone(&line.outlet), since: now };
            let held: BTreeSet<_> = runs.iter().map(|held| held.run).collect();
            let known = state.workers.entry(name.clone()).or_insert_with(|| Known {
                facts: facts.clone(),
                owner: line.owner.clone(),
                transport: line.transport,
                here: None,
                held: BTreeSet::new(),
                life: None,
                seen_at: now,
                lost_at: Instant::now(),
            });
            known.facts = facts.clone();
            known.owner = line.owner.clone();
            known.transport = line.transport;
            known.held = held;
            known.life = this_life.map(Arc::from);
            known.seen_at = now;
            let before = known.here.replace(here).filter(|before| before.line != line.number);
            state.ring(&name);
            (before, state.row(&name))
        };
        if let Some(before) = before {
            before.outlet.close("replaced by a newer connection of this worker");
        }
        tracing::info!(worker = name, transport = line.transport, runs = runs.len(), "A worker is here");
        self.tell(row);
        self.tell_watcher(&name);
        Ok(())
    }

    /// Notes the end of a connection.
    fn lose(&self, line: u64) {
        let (name, row) = {
            let mut state = self.state();
            let found = state
                .workers
                .iter_mut()
                .find(|(_, known)| known.here.as_ref().is_some_and(|here| here.line == line));
            let Some((name, known)) = found else { return };
            let name = name.clone();
            known.here = None;
            known.lost_at = Instant::now();
            known.seen_at = self.clock.now();
            state.ring(&name);
            (name.clone(), state.row(&name))
        };
        tracing::info!(worker = name, "A worker is gone");
        if let Some(watcher) = self.watcher.get() {
            watcher.worker_down(&name);
        }
        self.tell(row);
    }

    /// Tells whoever places tasks how a worker is.
    pub(super) fn tell_watcher(&self, name: &str) {
        let Some(watcher) = self.watcher.get() else { return };
        let state = self.state();
        let drain = state.drained.contains(name);
        let here = state.workers.get(name).filter(|known| known.here.is_some());
        let facts = here.map(|known| known.facts.clone());
        drop(state);
        if let Some(facts) = facts {
            watcher.worker_up(&facts, drain);
        }
    }
}

impl State {
    /// Says whether a name is free for a worker, or its own.
    fn may_have(&self, name: &str, owner: &Owner, lease: std::time::Duration) -> Result<(), Refused> {
        let Some(known) = self.workers.get(name) else {
            let full = self.workers.len() >= MAX_WORKERS;
            return if full { Err(Refused::TooMany) } else { Ok(()) };
        };
        let gone_for_good = known.here.is_none() && known.lost_at.elapsed() > lease;
        if known.owner == *owner || gone_for_good {
            return Ok(());
        }
        Err(Refused::NameTaken(format!(
            "another machine is the worker {name}: give this one a name of its own"
        )))
    }

    /// Wakes all runs of a worker.
    pub(super) fn ring(&self, worker: &str) {
        for post in self.posts.values().filter(|post| post.worker == worker) {
            post.ring();
        }
    }
}

fn check(facts: &Facts) -> Result<(), Refused> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = &facts.name;
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if !begins || name.len() > 64 || !name.chars().all(plain) {
        return Err(Refused::BadName(format!(
            "{name:?} is no name for a worker: begin with a letter or digit, then up to 63 letters, digits, . _ -"
        )));
    }
    if serde_json::to_string(facts).map_or(usize::MAX, |text| text.len()) > MAX_WORKER_FACTS {
        return Err(Refused::Wrong(format!(
            "what {name} says of itself is more than {MAX_WORKER_FACTS} bytes"
        )));
    }
    if !(1..=1024).contains(&facts.max_concurrent) {
        return Err(Refused::Wrong("facts.maxConcurrent: 1 to 1024".into()));
    }
    Ok(())
}
