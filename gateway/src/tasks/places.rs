//! Where tasks are performed: slots of this machine's agents and of workers, and who is next when one is free. Pure:
//! no I/O, no time. A task is bound to a place only when it starts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use nodes::executor::ExecutorKind;
use schemas::target::Target;
use schemas::work::WorkerFacts;

/// A slot that a task holds while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of an agent's slots on this machine.
    Here(String),
    /// One of a worker's slots.
    Worker(Arc<str>),
}

/// What a task needs of its place. Tasks with equal needs form one queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Needs {
    /// A slot of this agent on this machine.
    Here(String),
    /// A worker.
    Worker {
        /// Whose task it is: organisations take turns.
        org: Arc<str>,
        /// The target as it is written.
        target: String,
        /// The agent that it must be able to run, with its executor if that is known.
        agent: Option<(String, Option<&'static str>)>,
    },
}

impl Needs {
    /// Returns the needs of work for a worker.
    pub(super) fn worker(
        org: &Arc<str>,
        target: &Target,
        agent: Option<(&str, Option<ExecutorKind>)>,
    ) -> Self {
        let agent = agent.map(|(name, kind)| (name.to_owned(), kind.map(ExecutorKind::as_str)));
        Self::Worker { org: Arc::clone(org), target: target.to_string(), agent }
    }

    fn fit(&self, target: &Target, facts: &WorkerFacts) -> bool {
        let Self::Worker { agent, .. } = self else { return false };
        let able = agent.as_ref().is_none_or(|(name, executor)| {
            let any = facts.agents.iter().any(|known| known == name || known == "*");
            any || executor.is_some_and(|executor| facts.executors.iter().any(|known| known == executor))
        });
        able && facts.fits(target)
    }
}

/// Greater priority first, then the order in which they came.
type Rank = (Reverse<i32>, i64);

/// All places, and the tasks that wait for one.
#[derive(Debug, Default)]
pub(super) struct Places {
    agents: HashMap<String, Slots>,
    workers: BTreeMap<Arc<str>, Worker>,
    queues: BTreeMap<Needs, Queue>,
    /// Running tasks of each organisation at workers.
    orgs: HashMap<Arc<str>, usize>,
    /// Counts what was given to workers, to know who was idle longest.
    given: u64,
}

/// The slots of an agent on this machine, and who waits for one.
#[derive(Debug, Default)]
struct Slots {
    running: usize,
    waiting: BTreeSet<Rank>,
}

#[derive(Debug)]
struct Queue {
    target: Target,
    waiting: BTreeSet<Rank>,
}

#[derive(Debug, Default)]
struct Worker {
    /// What it offers; nothing while it is away.
    facts: Option<WorkerFacts>,
    drain: bool,
    running: usize,
    last_given: u64,
}

impl Worker {
    fn room(&self) -> usize {
        self.facts.as_ref().map_or(0, |facts| facts.max_concurrent as usize)
    }

    fn is_free(&self) -> bool {
        let healthy = self.facts.as_ref().is_some_and(|facts| facts.health.ok);
        healthy && !self.drain && self.running < self.room()
    }
}

impl Places {
    /// Takes a place for a task, or has it wait for one. `room`: the slots of its agent on this machine.
    pub(super) fn take(&mut self, seq: i64, priority: i32, needs: &Needs, room: usize) -> Option<Place> {
        let rank = (Reverse(priority), seq);
        match needs {
            Needs::Here(agent) => {
                let slots = self.agents.entry(agent.clone()).or_default();
                if slots.running >= room {
                    slots.waiting.insert(rank);
                    return None;
                }
                slots.waiting.remove(&rank);
                slots.running += 1;
                Some(Place::Here(agent.clone()))
            }
            Needs::Worker { org, target, .. } => {
                let target: Target = target.parse().unwrap_or_default();
                let Some(worker) = self.best(needs, &target) else {
                    let empty = || Queue { target, waiting: BTreeSet::new() };
                    self.queues.entry(needs.clone()).or_insert_with(empty).waiting.insert(rank);
                    return None;
                };
                self.forget(seq, priority, needs);
                self.occupy(&worker, org);
                Some(Place::Worker(worker))
            }
        }
    }

    /// Binds a task that a worker was given earlier.
    pub(super) fn occupy(&mut self, worker: &Arc<str>, org: &Arc<str>) {
        self.given += 1;
        let slot = self.workers.entry(Arc::clone(worker)).or_default();
        slot.running += 1;
        slot.last_given = self.given;
        *self.orgs.entry(Arc::clone(org)).or_default() += 1;
    }

    /// Gives a place back.
    pub(super) fn free(&mut self, place: &Place, org: &str) {
        match place {
            Place::Here(agent) => {
                if let Some(slots) = self.agents.get_mut(agent) {
                    slots.running = slots.running.saturating_sub(1);
                }
            }
            Place::Worker(name) => {
                if let Some(worker) = self.workers.get_mut(name) {
                    worker.running = worker.running.saturating_sub(1);
                    if worker.running == 0 && worker.facts.is_none() {
                        self.workers.remove(name);
                    }
                }
                if let Some(running) = self.orgs.get_mut(org) {
                    *running = running.saturating_sub(1);
                }
            }
        }
    }

    /// Takes out a task that does not wait for a place any more.
    pub(super) fn forget(&mut self, seq: i64, priority: i32, needs: &Needs) {
        let rank = (Reverse(priority), seq);
        match needs {
            Needs::Here(agent) => {
                if let Some(slots) = self.agents.get_mut(agent) {
                    slots.waiting.remove(&rank);
                }
            }
            Needs::Worker { .. } => {
                if let Some(queue) = self.queues.get_mut(needs) {
                    queue.waiting.remove(&rank);
                    if queue.waiting.is_empty() {
                        self.queues.remove(needs);
                    }
                }
            }
        }
    }

    /// Returns who is next for a slot of this kind of place, if one is free, and takes it out of its queue.
    pub(super) fn next(&mut self, place: &Place, room: usize) -> Option<i64> {
        match place {
            Place::Here(agent) => {
                let slots = self.agents.get_mut(agent).filter(|slots| slots.running < room)?;
                slots.waiting.pop_first().map(|(_, seq)| seq)
            }
            Place::Worker(name) => {
                let worker = self.workers.get(name).filter(|worker| worker.is_free())?;
                let facts = worker.facts.as_ref()?;
                let fitting = self.queues.iter().filter(|(needs, queue)| needs.fit(&queue.target, facts));
                let first = fitting.filter_map(|(needs, queue)| Some((*queue.waiting.first()?, needs)));
                let ((Reverse(priority), seq), needs) =
                    first.min_by_key(|((priority, seq), needs)| (*priority, self.load_of(needs), *seq))?;
                let needs = needs.clone();
                self.forget(seq, priority, &needs);
                Some(seq)
            }
        }
    }

    /// Notes what a worker offers; it is there from now on.
    pub(super) fn worker_up(&mut self, facts: WorkerFacts, drain: bool) {
        let worker = self.workers.entry(facts.name.as_str().into()).or_default();
        worker.facts = Some(facts);
        worker.drain = drain;
    }

    /// Notes that a worker is away: it is given nothing.
    pub(super) fn worker_down(&mut self, name: &str) {
        if let Some(worker) = self.workers.get_mut(name) {
            worker.facts = None;
            if worker.running == 0 {
                self.workers.remove(name);
            }
        }
    }

    /// Takes a worker out of use, or back; false if it is not there.
    pub(super) fn drain(&mut self, name: &str, drain: bool) -> bool {
        let worker = self.workers.get_mut(name).filter(|worker| worker.facts.is_some());
        worker.map(|worker| worker.drain = drain).is_some()
    }

    /// Returns the workers that are there: what each offers, whether it drains, and how many tasks it runs.
    pub(super) fn workers(&self) -> impl Iterator<Item = (&WorkerFacts, bool, usize)> {
        self.workers
            .values()
            .filter_map(|worker| Some((worker.facts.as_ref()?, worker.drain, worker.running)))
    }

    /// Returns the free worker that fits and is loaded least; of equal ones the one that was idle longest.
    fn best(&self, needs: &Needs, target: &Target) -> Option<Arc<str>> {
        let free = self.workers.iter().filter(|(_, worker)| worker.is_free());
        let fitting =
            free.filter(|(_, worker)| worker.facts.as_ref().is_some_and(|facts| needs.fit(target, facts)));
        let best = fitting.min_by(|(name, one), (other, two)| {
            let loads = (one.running * two.room()).cmp(&(two.running * one.room()));
            loads.then(one.last_given.cmp(&two.last_given)).then(name.cmp(other))
        });
        best.map(|(name, _)| Arc::clone(name))
    }

    fn load_of(&self, needs: &Needs) -> usize {
        match needs {
            Needs::Here(_) => 0,
            Needs::Worker { org, .. } => self.orgs.get(org).copied().unwrap_or_default(),
        }
    }
}
