//! One connection of a worker: what is still to be said over it, reckoned from what is kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::wire::{Report, RunKey};
use super::{Bounds, Run, State, Worker};

/// What a worker says over one connection; dropping it ends the connection for the worker.
#[derive(Debug)]
pub struct Line {
    worker: Arc<Worker>,
    number: u64,
}

impl Line {
    pub(super) const fn new(worker: Arc<Worker>, number: u64) -> Self {
        Self { worker, number }
    }

    /// Waits until there is something to say and returns it, in order; `None` when a newer connection has the word.
    /// What it returns counts as said: if it does not arrive, begin a new connection.
    pub async fn next(&mut self) -> Option<Vec<Report>> {
        loop {
            let rung = self.worker.bell.notified();
            tokio::pin!(rung);
            // Before the look, so that a ring in between is not missed.
            rung.as_mut().enable();
            let (reports, due) = {
                let mut state = self.worker.state();
                if state.line != Some(self.number) {
                    return None;
                }
                state.say(&self.worker.bounds)
            };
            if !reports.is_empty() {
                self.worker.bell.notify_waiters();
                return Some(reports);
            }
            let repeat = tokio::time::sleep_until(due);
            tokio::select! {
                biased;
                () = rung => {}
                () = repeat => {}
            }
        }
    }

    /// Returns what there is to say now, if anything.
    pub fn now(&mut self) -> Vec<Report> {
        let mut state = self.worker.state();
        if state.line == Some(self.number) { state.say(&self.worker.bounds).0 } else { Vec::new() }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.worker.state();
        if state.line == Some(self.number) {
            state.line = None;
        }
        drop(state);
        // Without a connection runs keep more, at the cost of the oldest.
        self.worker.room.notify_waiters();
        self.worker.bell.notify_waiters();
    }
}

impl State {
    /// Returns what is to be said now, and when to look again if nothing happens.
    fn say(&mut self, bounds: &Bounds) -> (Vec<Report>, Instant) {
        let now = Instant::now();
        let mut reports = Vec::new();
        if !self.announced {
            self.announced = true;
            self.facts_changed = false;
            return (vec![self.announcement()], now);
        }
        reports.extend(self.refused.drain(..).map(|(run, failure)| Report::Refused { run, failure }));
        let mut due = now + LONG;
        for (key, run) in &mut self.runs {
            run.say(*key, bounds, now, &mut reports);
            if run.waits() {
                due = due.min(run.told_at + bounds.repeat);
            }
        }
        if self.facts_changed || self.status_due {
            let facts = self.facts_changed.then(|| self.facts.clone());
            (self.facts_changed, self.status_due) = (false, false);
            reports.push(Report::Status { running: self.running(), facts });
        }
        (reports, due)
    }
}

impl Run {
    fn say(&mut self, key: RunKey, bounds: &Bounds, now: Instant, reports: &mut Vec<Report>) {
        if self.waits() && now >= self.told_at + bounds.repeat {
            // Said long ago and not answered: it may have been lost.
            self.tell_all_again();
        }
        let before = reports.len();
        if !self.begun_told {
            self.begun_told = true;
            reports.push(Report::Steps { run: key, from: 0, steps: Vec::new() });
        }
        for (request, told) in self.asks.iter_mut().filter(|(_, told)| !told) {
            *told = true;
            reports.push(Report::Ask { run: key, request: request.clone() });
        }
        let withdrawn = self.withdrawn.drain(..);
        reports.extend(withdrawn.map(|question| Report::Withdrawn { run: key, question }));
        for (id, taken, told) in &mut self.taken {
            if let (Some(taken), false) = (*taken, *told) {
                *told = true;
                reports.push(Report::Taken { run: key, id: id.clone(), taken });
            }
        }
        // What is on its way is bounded: who stores slowly is sent slowly.
        while self.spool.in_flight() < bounds.window
            && reports.len() < MAX_REPORTS
            && let Some((from, steps)) = self.spool.take(bounds.message)
        {
            reports.push(Report::Steps { run: key, from, steps });
            if self.spool.in_flight() >= bounds.message {
                break;
            }
        }
        if let Some(outcome) = self.ended.as_ref().filter(|_| !self.end_told && !self.spool.has_unsent()) {
            self.end_told = true;
            let from = self.spool.next();
            reports.push(Report::Ended { run: key, from, outcome: outcome.clone() });
        }
        if reports.len() > before {
            self.told_at = now;
        }
    }

    /// Says whether something was said that is not answered.
    fn waits(&self) -> bool {
        self.end_told || self.spool.in_flight() > 0
    }
}

/// Reports in one message.
const MAX_REPORTS: usize = 64;
/// When to look again where nothing is waited for.
const LONG: Duration = Duration::from_hours(1);
