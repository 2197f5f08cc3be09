//! What keeps dispatched work from its turn: tasks that come first, and its hour. Decided on the board.

use schemas::clock::Millis;
use schemas::methods::tasks::Need;
use schemas::task::TaskState;

use super::board::{Board, Turn};
use super::entry::Entry;
use super::roster::Roster;
use super::view::number_of;

/// What the end of a task means for one that waits for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something else is still in its way.
    Waits,
    /// Nothing is in its way any more.
    Free,
    /// It can never start.
    Lost,
}

impl Board {
    /// Notes what is in a new task's way; says whether anything is.
    pub(super) fn block(&mut self, entry: &mut Entry) -> bool {
        let (seq, now) = (entry.card.seq, entry.card.created_at);
        let card = std::sync::Arc::clone(&entry.card);
        let (Some(work), Some(at_work)) = (&card.request.work, &mut entry.work) else { return false };
        for (id, _) in &work.after {
            let needed = number_of(id);
            at_work.waits_on.insert(needed);
            self.dependents.entry(needed).or_default().push(seq);
        }
        let later = at_work.until.max(work.not_before).filter(|until| *until > now);
        at_work.until = later;
        self.alarms.extend(later.into_iter().chain(work.expires_at).map(|at| (at, seq)));
        at_work.is_blocked()
    }

    /// Has a task wait until a time, and be looked at then.
    pub(super) fn wait_until(&mut self, seq: i64, until: Millis) {
        if let Some(work) = self.entries.get_mut(&seq).and_then(|entry| entry.work.as_mut()) {
            work.until = Some(until);
            self.alarms.insert((until, seq));
        }
    }

    /// Returns the tasks that the end of another one concerns.
    pub(super) fn dependents_of(&mut self, seq: i64) -> Vec<i64> {
        self.dependents.remove(&seq).unwrap_or_default()
    }

    /// Returns those that a task waits for and that have ended already, or never were.
    pub(super) fn unknown_needs(&self, seq: i64) -> Vec<i64> {
        let waits_on = self.entries.get(&seq).and_then(|entry| Some(&entry.work.as_ref()?.waits_on));
        waits_on.into_iter().flatten().filter(|needed| !self.entries.contains_key(needed)).copied().collect()
    }

    /// Decides what the end of task `needed` means for task `seq`; without a state nobody knows of it.
    pub(super) fn resolve(&mut self, seq: i64, needed: i64, state: Option<TaskState>) -> Verdict {
        let Some(entry) = self.entries.get_mut(&seq) else { return Verdict::Waits };
        let need = entry.card.request.work.as_ref().and_then(|work| {
            let found = work.after.iter().find(|(id, _)| number_of(id) == needed)?;
            Some(found.1)
        });
        let Some(work) = &mut entry.work else { return Verdict::Waits };
        if !work.waits_on.remove(&needed) {
            return Verdict::Waits;
        }
        match (need, state) {
            (Some(Need::Success), state) if state != Some(TaskState::Completed) => Verdict::Lost,
            _ if work.is_blocked() => Verdict::Waits,
            _ => Verdict::Free,
        }
    }

    /// Lets a task have its turn if nothing is in its way.
    pub(super) fn unblock(&mut self, seq: i64, roster: &Roster) -> Option<Turn> {
        let entry = self.entries.get_mut(&seq)?;
        let work = entry.work.as_ref()?;
        // Before that its commit is under way, which lets it go by itself.
        if !work.settled || work.is_blocked() {
            return None;
        }
        entry.held = false;
        let lane = entry.card.lane();
        self.next(&lane, roster)
    }

    /// Returns the next time that something is to be looked at.
    pub(super) fn next_alarm(&self) -> Option<Millis> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// Takes out the tasks whose time has come, and says of each whether it has expired.
    pub(super) fn due(&mut self, now: Millis) -> Vec<(i64, bool)> {
        let later = self.alarms.split_off(&(now + 1, i64::MIN));
        let due = std::mem::replace(&mut self.alarms, later);
        let mut found = Vec::new();
        for (_, seq) in due {
            let Some(entry) = self.entries.get_mut(&seq) else { continue };
            let limit = entry.card.request.work.as_ref().and_then(|work| work.expires_at);
            let expired = entry.state == TaskState::Pending && limit.is_some_and(|at| at <= now);
            if let Some(work) = &mut entry.work {
                work.until = work.until.filter(|until| *until > now);
            }
            found.push((seq, expired));
        }
        found
    }

    /// Decides that a task ends that has not begun; false if it has, or its end was decided before.
    pub(super) fn claim_waiting(&mut self, seq: i64, state: TaskState) -> bool {
        let Some(entry) = self.entries.get(&seq) else { return false };
        let lane = self.lanes.get(&entry.card.lane());
        let waits = lane.is_some_and(|lane| lane.waiting.contains(&seq)) && !entry.joins();
        if !waits || entry.claimed.is_some() || entry.cancel.is_some() {
            return false;
        }
        self.leave_queue(seq);
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.claimed = Some(state);
        }
        true
    }

    /// Forgets whom a task waited for.
    pub(super) fn forget_needs(&mut self, entry: &Entry) {
        let seq = entry.card.seq;
        let Some(work) = &entry.work else { return };
        for needed in &work.waits_on {
            if let Some(dependents) = self.dependents.get_mut(needed) {
                dependents.retain(|other| *other != seq);
                if dependents.is_empty() {
                    self.dependents.remove(needed);
                }
            }
        }
        if let Some(work) = &entry.card.request.work {
            for at in work.expires_at.into_iter().chain(work.not_before) {
                self.alarms.remove(&(at, seq));
            }
        }
    }
}
