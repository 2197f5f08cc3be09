//! What a worker holds: its runs, and what of them the gateway has not been told.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::run::Word;
use super::spool::Spool;
use super::wire::{Facts, Held, Report, RunKey};
use crate::executor::{Failure, Outcome, PermissionRequest};

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says that one thing is still to be told")]
pub(super) struct State {
    pub(super) facts: Facts,
    /// Another one after each start.
    pub(super) life: String,
    /// Set when the facts changed since they were told.
    pub(super) facts_changed: bool,
    pub(super) runs: BTreeMap<RunKey, Run>,
    /// The highest attempt that was seen of a task, oldest first: an order that comes late starts nothing twice.
    pub(super) seen: VecDeque<(Uuid, u64)>,
    /// Runs that were not begun, to be told.
    pub(super) refused: VecDeque<(RunKey, Failure)>,
    /// The number of the connection that has the word; `None` while there is none.
    pub(super) line: Option<u64>,
    pub(super) lines: u64,
    pub(super) announced: bool,
    pub(super) status_due: bool,
    /// It takes nothing new.
    pub(super) leaving: bool,
    pub(super) jobs: JoinSet<()>,
}

/// A run that is alive, or whose end is not known to be stored.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) spool: Spool,
    pub(super) stop: CancellationToken,
    pub(super) words: mpsc::Sender<Word>,
    /// Whether the gateway was told that it has begun.
    pub(super) begun_told: bool,
    /// Questions that are open, and whether each was told.
    pub(super) asks: Vec<(PermissionRequest, bool)>,
    pub(super) withdrawn: Vec<String>,
    /// What became of messages, and whether that was told.
    pub(super) taken: Vec<(String, Option<bool>, bool)>,
    pub(super) ended: Option<Outcome>,
    pub(super) end_told: bool,
    pub(super) told_at: Instant,
}

impl State {
    pub(super) fn remember(&mut self, key: RunKey) {
        self.seen.retain(|(task, fence)| *task != key.task || *fence > key.fence);
        if !self.seen.iter().any(|(task, _)| *task == key.task) {
            self.seen.push_back((key.task, key.fence));
        }
        if self.seen.len() > MAX_SEEN {
            self.seen.pop_front();
        }
    }

    pub(super) fn announcement(&self) -> Report {
        let runs = self.runs.iter().map(|(run, held)| Held { run: *run, next: held.spool.next() }).collect();
        Report::Announce { facts: self.facts.clone(), runs, life: Some(self.life.clone()) }
    }

    pub(super) fn running(&self) -> u32 {
        u32::try_from(self.runs.values().filter(|run| run.ended.is_none()).count()).unwrap_or(u32::MAX)
    }
}

impl Run {
    /// On a new connection nothing counts as told.
    pub(super) fn tell_all_again(&mut self) {
        self.begun_told = false;
        self.spool.rewind_all();
        self.end_told = false;
        self.asks.iter_mut().for_each(|(_, told)| *told = false);
        self.taken.iter_mut().for_each(|(.., told)| *told = false);
    }
}

/// Tasks whose highest attempt is remembered.
const MAX_SEEN: usize = 4096;
