//! What is decided in memory: whose turn it is, who may end a task, what a repeated key means. No I/O.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use nodes::executor::Steering;
use schemas::clock::Millis;
use schemas::task::{QueueMode, TaskState};
use tokio_util::sync::CancellationToken;

use super::entry::{Cancel, Entry, STEERED};
use super::keys::{Keys, Known};
use super::places::{Needs, Place, Places};
use super::request::Card;
use super::roster::Roster;
use crate::store::tasks::Remembered;

/// Organisation and session key.
pub(super) type LaneKey = (Arc<str>, String);

/// Every task that has not ended, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Tasks of one conversation that may wait.
    queue_cap: usize,
    last_seq: i64,
    pub(super) keys: Keys,
    pub(super) entries: HashMap<i64, Entry>,
    pub(super) lanes: HashMap<LaneKey, Lane>,
    pub(super) places: Places,
    pub(super) chosen: HashMap<(String, String), String>,
    /// Tasks whose state is `running`.
    pub(super) running: usize,
    /// Who waits for the end of a task.
    pub(super) dependents: HashMap<i64, Vec<i64>>,
    /// When to look at which task again.
    pub(super) alarms: BTreeSet<(Millis, i64)>,
}

/// A conversation: one run at a time.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) live: Option<i64>,
    pub(super) waiting: VecDeque<i64>,
}

/// What becomes of a new task.
#[derive(Debug)]
pub(super) enum Placing {
    /// It starts at once; at this worker, or on this machine.
    Start { worker: Option<Arc<str>> },
    /// It waits for its turn.
    Wait,
    /// It is handed to the run that is alive.
    Steer { live: i64, steering: Steering },
    /// It waits, and the run that is alive is to be stopped.
    Interrupt { live: i64 },
}

/// A task whose turn has come, with those that its run answers as well.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) seq: i64,
    pub(super) joined: Vec<i64>,
    /// The worker that performs it; this machine without one.
    pub(super) worker: Option<Arc<str>>,
}

/// What a request to stop a task leads to.
#[derive(Debug)]
pub(super) enum CancelChoice {
    /// It ends at once: nothing of it runs.
    Now,
    /// Its run is told to stop; the end comes with the run's outcome.
    Stopping(CancellationToken),
    /// Somebody asked before.
    Already,
    /// It was decided otherwise before.
    TooLate(Option<TaskState>),
}

impl Board {
    pub(super) fn new(
        queue_cap: usize,
        last_seq: i64,
        recent: Vec<Remembered>,
        chosen: Vec<(String, String, String)>,
    ) -> Self {
        let mut board = Self { queue_cap, last_seq, ..Self::default() };
        for task in recent {
            board.keys.insert(task.org.into(), task.actor.into(), task.run_id, task.seq, task.hash, task.at);
        }
        board.chosen = chosen.into_iter().map(|(org, key, agent)| ((org, key), agent)).collect();
        board
    }

    pub(super) fn next_seq(&mut self) -> i64 {
        self.last_seq += 1;
        self.last_seq
    }

    pub(super) fn known(
        &self,
        card: (&Arc<str>, &Arc<str>, &str),
        now: Millis,
    ) -> Option<(Known, Option<&Entry>)> {
        let known = self.keys.find(card.0, card.1, card.2, now)?;
        Some((known.clone(), self.entries.get(&known.seq)))
    }

    pub(super) fn entry(&self, seq: i64) -> Option<&Entry> {
        self.entries.get(&seq)
    }

    pub(super) fn entry_mut(&mut self, seq: i64) -> Option<&mut Entry> {
        self.entries.get_mut(&seq)
    }

    /// Says whether the conversation has room for one more task that waits.
    pub(super) fn has_room(&self, lane: &LaneKey) -> bool {
        self.lanes.get(lane).is_none_or(|lane| lane.waiting.len() < self.queue_cap)
    }

    /// Takes in a new task, held until its commit is done, and says what becomes of it.
    pub(super) fn admit(
        &mut self,
        card: Arc<Card>,
        needs: Needs,
        roster: &Roster,
        steerable: bool,
    ) -> Placing {
        let (seq, lane_key) = (card.seq, card.lane());
        let request = &card.request;
        let (mode, command, plain) = (request.mode, request.command, request.attachments.is_empty());
        let mut entry = Entry::new(card, needs, TaskState::Pending, 1);
        let blocked = self.block(&mut entry);
        self.entries.insert(seq, entry);
        if command {
            return Placing::Start { worker: None };
        }
        let lane = self.lanes.get(&lane_key);
        let live = lane.and_then(|lane| lane.live);
        let idle = lane.is_none_or(|lane| lane.live.is_none() && lane.waiting.is_empty());
        if idle && !blocked && self.take_place(seq, roster) {
            self.lanes.entry(lane_key).or_default().live = Some(seq);
            return Placing::Start { worker: self.worker_of(seq) };
        }
        let alone = self.lanes.get(&lane_key).is_some_and(|lane| {
            lane.waiting.iter().all(|seq| self.entries.get(seq).is_some_and(Entry::joins))
        });
        if mode == QueueMode::Interrupt
            && let Some(front) = self.lanes.get(&lane_key).and_then(|lane| lane.waiting.front().copied())
        {
            // It is not the next one of its conversation any more.
            self.leave_queue(front);
        }
        let lane = self.lanes.entry(lane_key).or_default();
        match (mode, live) {
            (QueueMode::Interrupt, Some(live)) => {
                lane.waiting.push_front(seq);
                return Placing::Interrupt { live };
            }
            (QueueMode::Interrupt, None) => lane.waiting.push_front(seq),
            _ => lane.waiting.push_back(seq),
        }
        let running = live.and_then(|live| self.entries.get(&live)).filter(|entry| entry.claimed.is_none());
        let steering = running
            .and_then(|entry| entry.steering.clone())
            .filter(|_| mode == QueueMode::Steer && steerable && plain && alone);
        match (live, steering) {
            (Some(live), Some(steering)) => {
                if let Some(entry) = self.entries.get_mut(&seq) {
                    entry.waits_for = Some(STEERED);
                }
                Placing::Steer { live, steering }
            }
            _ => Placing::Wait,
        }
    }

    /// Takes in a task of before the start; it waits for its turn, or goes on at `worker`, where it was.
    pub(super) fn restore(&mut self, mut entry: Entry, worker: Option<Arc<str>>) {
        let (seq, lane) = (entry.card.seq, entry.card.lane());
        if let Some(worker) = worker {
            self.places.occupy(&worker, &entry.card.org);
            entry.place = Some(Place::Worker(worker));
            self.lanes.entry(lane).or_default().live = Some(seq);
        } else if !entry.card.request.command {
            self.lanes.entry(lane).or_default().waiting.push_back(seq);
        }
        self.count(TaskState::Pending, entry.state);
        self.entries.insert(seq, entry);
    }

    /// Takes out a new task that was not stored, and returns whose turn it is now.
    pub(super) fn refuse(&mut self, card: &Card, roster: &Roster) -> Vec<Turn> {
        self.keys.forget(&card.org, &card.actor, &card.run_id, card.seq);
        self.release(card.seq, roster)
    }

    /// Takes out a task that has ended, and returns whose turn it is now.
    pub(super) fn release(&mut self, seq: i64, roster: &Roster) -> Vec<Turn> {
        self.leave_queue(seq);
        let Some(mut entry) = self.entries.remove(&seq) else { return Vec::new() };
        self.count(entry.state, TaskState::Completed);
        self.forget_needs(&entry);
        let lane = entry.card.lane();
        self.leave_lane(seq, &lane);
        let freed = entry.place.take().map(|place| (place, Arc::clone(&entry.card.org)));
        self.turns_after(freed.as_ref(), &lane, roster)
    }

    /// Gives up the turn of a task that goes on waiting, and returns whose turn it is now. It stays the next one
    /// in its conversation.
    pub(super) fn suspend(&mut self, seq: i64, roster: &Roster) -> Vec<Turn> {
        let Some(entry) = self.entries.get_mut(&seq) else { return Vec::new() };
        let lane = entry.card.lane();
        let freed = entry.place.take().map(|place| (place, Arc::clone(&entry.card.org)));
        self.leave_lane(seq, &lane);
        self.lanes.entry(lane.clone()).or_default().waiting.push_front(seq);
        self.turns_after(freed.as_ref(), &lane, roster)
    }

    /// Takes a task out of its conversation.
    fn leave_lane(&mut self, seq: i64, lane_key: &LaneKey) {
        let Some(lane) = self.lanes.get_mut(lane_key) else { return };
        if lane.live == Some(seq) {
            lane.live = None;
        }
        lane.waiting.retain(|other| *other != seq);
        if lane.live.is_none() && lane.waiting.is_empty() {
            self.lanes.remove(lane_key);
        }
    }

    fn turns_after(
        &mut self,
        freed: Option<&(Place, Arc<str>)>,
        lane: &LaneKey,
        roster: &Roster,
    ) -> Vec<Turn> {
        if let Some((place, org)) = freed {
            self.places.free(place, org);
        }
        let mut turns: Vec<Turn> = self.next(lane, roster).into_iter().collect();
        if let Some((place, _)) = freed {
            turns.extend(self.fill(place, roster));
        }
        turns
    }

    /// Gives the free slots of a place to those who wait for it.
    pub(super) fn fill(&mut self, place: &Place, roster: &Roster) -> Vec<Turn> {
        let room = match place {
            Place::Here(agent) => roster.room(agent),
            Place::Worker(_) => 0,
        };
        let mut turns = Vec::new();
        while let Some(seq) = self.places.next(place, room) {
            let Some(lane) = self.entries.get(&seq).map(|entry| entry.card.lane()) else { continue };
            turns.extend(self.next(&lane, roster));
        }
        turns
    }

    /// Returns the task whose turn it is in a conversation, if nothing is in its way, and gives it the turn.
    pub(super) fn next(&mut self, lane_key: &LaneKey, roster: &Roster) -> Option<Turn> {
        let lane = self.lanes.get(lane_key)?;
        if lane.live.is_some() {
            return None;
        }
        let seq = *lane.waiting.front()?;
        let entry = self.entries.get(&seq)?;
        if entry.held || entry.claimed.is_some() {
            return None;
        }
        let collects = entry.collects();
        let agent = entry.card.agent.clone();
        if !self.take_place(seq, roster) {
            return None;
        }
        let lane = self.lanes.get_mut(lane_key)?;
        lane.live = Some(seq);
        lane.waiting.pop_front();
        let mut joined = Vec::new();
        while collects && let Some(next) = lane.waiting.front() {
            let same = |entry: &Entry| entry.collects() && !entry.held && entry.card.agent == agent;
            if !self.entries.get(next).is_some_and(same) {
                break;
            }
            joined.extend(lane.waiting.pop_front());
        }
        Some(Turn { seq, joined, worker: self.worker_of(seq) })
    }

    /// Takes a place for a task, or has it wait for one.
    fn take_place(&mut self, seq: i64, roster: &Roster) -> bool {
        let Some(entry) = self.entries.get_mut(&seq) else { return false };
        let room = match &entry.needs {
            Needs::Here(agent) => roster.room(agent),
            Needs::Worker { .. } => 0,
        };
        entry.place = self.places.take(seq, entry.priority(), &entry.needs, room);
        entry.place.is_some()
    }

    /// Takes a task out of the queue for a place.
    pub(super) fn leave_queue(&mut self, seq: i64) {
        if let Some(entry) = self.entries.get(&seq) {
            self.places.forget(seq, entry.priority(), &entry.needs);
        }
    }

    fn worker_of(&self, seq: i64) -> Option<Arc<str>> {
        match &self.entries.get(&seq)?.place {
            Some(Place::Worker(name)) => Some(Arc::clone(name)),
            _ => None,
        }
    }

    /// Notes a task's new state.
    pub(super) fn set_state(&mut self, seq: i64, state: TaskState) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            let before = std::mem::replace(&mut entry.state, state);
            self.count(before, state);
        }
    }

    fn count(&mut self, before: TaskState, after: TaskState) {
        let runs = |state| usize::from(state == TaskState::Running);
        self.running = self.running + runs(after) - runs(before);
    }

    /// Decides the end of a task, once: `wanted`, unless somebody asked to stop it.
    ///
    /// `None` when the run is not the task's present one, or the end was decided before.
    pub(super) fn claim(&mut self, seq: i64, fence: i64, wanted: TaskState) -> Option<TaskState> {
        let entry = self.entries.get_mut(&seq)?;
        if entry.fence != fence || entry.claimed.is_some() {
            return None;
        }
        let state = if entry.cancel.is_some() { TaskState::Cancelled } else { wanted };
        entry.steering = None;
        if state.is_terminal() {
            entry.claimed = Some(state);
        }
        Some(state)
    }

    /// Decides what a request to stop a task leads to.
    pub(super) fn cancel(&mut self, seq: i64, actor: &Arc<str>, reason: &str) -> CancelChoice {
        let Some(entry) = self.entries.get_mut(&seq) else { return CancelChoice::TooLate(None) };
        if let Some(state) = entry.claimed {
            return CancelChoice::TooLate(Some(state));
        }
        if entry.cancel.is_some() {
            return CancelChoice::Already;
        }
        entry.cancel = Some(Cancel { actor: Arc::clone(actor), reason: reason.to_owned() });
        let waits = self.lanes.get(&entry.card.lane()).is_some_and(|lane| lane.waiting.contains(&seq));
        if waits && !entry.joins() {
            entry.claimed = Some(TaskState::Cancelled);
            return CancelChoice::Now;
        }
        CancelChoice::Stopping(entry.stop.clone())
    }
}

impl Card {
    pub(super) fn lane(&self) -> LaneKey {
        (Arc::clone(&self.org), self.key.as_str().to_owned())
    }
}
