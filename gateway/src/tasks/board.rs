//! What is decided in memory: whose turn it is, who may end a task, what a repeated key means. No I/O.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use nodes::executor::Steering;
use schemas::clock::Millis;
use schemas::task::{QueueMode, TaskState};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::entry::{Cancel, Entry, STEERED};
use super::keys::{Keys, Known};
use super::request::{Card, Stage};
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
    entries: HashMap<i64, Entry>,
    lanes: HashMap<LaneKey, Lane>,
    agents: HashMap<String, Slots>,
    chosen: HashMap<(String, String), String>,
}

#[derive(Debug, Default)]
struct Lane {
    live: Option<i64>,
    waiting: VecDeque<i64>,
}

#[derive(Debug, Default)]
struct Slots {
    running: usize,
    blocked: VecDeque<LaneKey>,
}

/// What becomes of a new task.
#[derive(Debug)]
pub(super) enum Placing {
    /// It starts at once.
    Start,
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
    pub(super) fn admit(&mut self, card: Arc<Card>, roster: &Roster, steerable: bool) -> Placing {
        let (seq, lane_key) = (card.seq, card.lane());
        let request = &card.request;
        let (mode, command, plain) = (request.mode, request.command, request.attachments.is_empty());
        let agent = card.agent.clone();
        self.entries.insert(seq, Entry::new(card, TaskState::Pending, 1));
        if command {
            return Placing::Start;
        }
        let live = self.lanes.get(&lane_key).and_then(|lane| lane.live);
        let idle =
            self.lanes.get(&lane_key).is_none_or(|lane| lane.live.is_none() && lane.waiting.is_empty());
        if idle && self.take_slot(&agent, roster) {
            self.lanes.entry(lane_key).or_default().live = Some(seq);
            return Placing::Start;
        }
        let alone = self.lanes.get(&lane_key).is_some_and(|lane| {
            lane.waiting.iter().all(|seq| self.entries.get(seq).is_some_and(Entry::joins))
        });
        let lane = self.lanes.entry(lane_key.clone()).or_default();
        match (mode, live) {
            (QueueMode::Interrupt, Some(live)) => {
                lane.waiting.push_front(seq);
                return Placing::Interrupt { live };
            }
            (QueueMode::Interrupt, None) => lane.waiting.push_front(seq),
            _ => lane.waiting.push_back(seq),
        }
        if idle {
            self.block(&agent, lane_key);
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

    /// Takes in a task of before the start; it waits for its turn.
    pub(super) fn restore(&mut self, entry: Entry) {
        let (seq, lane) = (entry.card.seq, entry.card.lane());
        if !entry.card.request.command {
            self.lanes.entry(lane).or_default().waiting.push_back(seq);
        }
        self.entries.insert(seq, entry);
    }

    /// Takes out a new task that was not stored, and returns whose turn it is now.
    pub(super) fn refuse(&mut self, card: &Card, roster: &Roster) -> Vec<Turn> {
        self.keys.forget(&card.org, &card.actor, &card.run_id, card.seq);
        self.release(card.seq, roster)
    }

    /// Takes out a task that has ended, and returns whose turn it is now.
    pub(super) fn release(&mut self, seq: i64, roster: &Roster) -> Vec<Turn> {
        let Some(entry) = self.entries.remove(&seq) else { return Vec::new() };
        let lane = entry.card.lane();
        let was_live = self.leave_lane(seq, &lane);
        self.turns_after(was_live, &lane, &entry.card.agent, roster)
    }

    /// Gives up the turn of a task that goes on waiting, and returns whose turn it is now. It stays the next one
    /// in its conversation.
    pub(super) fn suspend(&mut self, seq: i64, roster: &Roster) -> Vec<Turn> {
        let Some(entry) = self.entries.get(&seq) else { return Vec::new() };
        let (lane, agent) = (entry.card.lane(), entry.card.agent.clone());
        let was_live = self.leave_lane(seq, &lane);
        self.lanes.entry(lane.clone()).or_default().waiting.push_front(seq);
        self.turns_after(was_live, &lane, &agent, roster)
    }

    /// Takes a task out of its conversation's queue; returns whether its run was the one alive.
    fn leave_lane(&mut self, seq: i64, lane_key: &LaneKey) -> bool {
        let Some(lane) = self.lanes.get_mut(lane_key) else { return false };
        let was_live = lane.live == Some(seq);
        if was_live {
            lane.live = None;
        }
        lane.waiting.retain(|other| *other != seq);
        if lane.live.is_none() && lane.waiting.is_empty() {
            self.lanes.remove(lane_key);
        }
        was_live
    }

    fn turns_after(&mut self, was_live: bool, lane: &LaneKey, agent: &str, roster: &Roster) -> Vec<Turn> {
        if was_live && let Some(slots) = self.agents.get_mut(agent) {
            slots.running = slots.running.saturating_sub(1);
        }
        let mut turns: Vec<Turn> = self.next(lane, roster).into_iter().collect();
        while was_live && self.free(agent, roster) {
            let Some(lane) = self.agents.get_mut(agent).and_then(|slots| slots.blocked.pop_front()) else {
                break;
            };
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
        let agent = entry.card.agent.clone();
        let collects = entry.collects();
        if !self.take_slot(&agent, roster) {
            self.block(&agent, lane_key.clone());
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
        Some(Turn { seq, joined })
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

    /// Returns the tasks of a conversation that run or wait, in order.
    pub(super) fn of_lane(&self, lane: &LaneKey) -> Vec<i64> {
        self.lanes
            .get(lane)
            .map_or_else(Vec::new, |lane| lane.live.iter().chain(&lane.waiting).copied().collect())
    }

    pub(super) fn lanes(&self) -> Vec<LaneKey> {
        self.lanes.keys().cloned().collect()
    }

    pub(super) fn active(&self, org: &str, key: &str) -> (bool, Vec<String>) {
        let lane = (Arc::from(org), key.to_owned());
        let alive = self.lanes.get(&lane).is_some_and(|lane| lane.live.is_some());
        let runs = self.of_lane(&lane);
        let names = runs.iter().filter_map(|seq| Some(self.entries.get(seq)?.card.run_id.clone()));
        (alive, names.collect())
    }

    pub(super) fn by_run(&self, org: &str, run_id: &str) -> Option<(i64, Option<watch::Receiver<Stage>>)> {
        let seq = self.keys.by_run(org, run_id)?;
        Some((seq, self.entries.get(&seq).map(|entry| entry.card.stage.subscribe())))
    }

    pub(super) fn load(&self) -> (usize, usize) {
        let running = self.entries.values().filter(|entry| entry.state == TaskState::Running).count();
        (self.entries.len(), running)
    }

    /// Returns the tasks that have not ended.
    pub(super) fn open(&self) -> Vec<i64> {
        self.entries.keys().copied().collect()
    }

    /// Returns the state of each task that has not ended.
    pub(super) fn states(&self) -> Vec<TaskState> {
        self.entries.values().map(|entry| entry.state).collect()
    }

    pub(super) fn stop_all(&self) -> Vec<CancellationToken> {
        self.entries.values().map(|entry| entry.stop.clone()).collect()
    }

    pub(super) fn chosen(&self, org: &str, key: &str) -> Option<String> {
        self.chosen.get(&(org.to_owned(), key.to_owned())).cloned()
    }

    pub(super) fn choose(&mut self, org: &str, key: &str, agent: Option<String>) {
        let name = (org.to_owned(), key.to_owned());
        match agent {
            Some(agent) => drop(self.chosen.insert(name, agent)),
            None => drop(self.chosen.remove(&name)),
        }
    }

    fn free(&self, agent: &str, roster: &Roster) -> bool {
        self.agents.get(agent).is_none_or(|slots| slots.running < roster.room(agent))
    }

    fn take_slot(&mut self, agent: &str, roster: &Roster) -> bool {
        let free = self.free(agent, roster);
        if free {
            self.agents.entry(agent.to_owned()).or_default().running += 1;
        }
        free
    }

    fn block(&mut self, agent: &str, lane: LaneKey) {
        let slots = self.agents.entry(agent.to_owned()).or_default();
        if !slots.blocked.contains(&lane) {
            slots.blocked.push_back(lane);
        }
    }
}

impl Card {
    pub(super) fn lane(&self) -> LaneKey {
        (Arc::clone(&self.org), self.key.as_str().to_owned())
    }
}
