//! Ends a program together with everything it started, sessions of their own and orphans included.
//!
//! A process belongs to the tree when it is the program, descends from it, is in its process group, or
//! carries the marker in its environment. Membership is read from `/proc`; a process is signalled through a
//! file descriptor of the very process whose start time was read, so a reused pid is never hit.

use std::collections::HashSet;
use std::time::Duration;

use rustix::process::{PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use tokio::sync::Semaphore;

use proc_table::{Entry, Identity};

#[path = "proc_table.rs"]
mod proc_table;

/// A program that leads a process group of its own, and whatever came of it.
#[derive(Debug)]
pub struct Tree {
    root: Option<Entry>,
    marker: String,
    ended: bool,
}

impl Tree {
    /// Returns the tree of the program `pid`, which this process has just started and not yet waited for.
    /// `marker` is the name and value of a variable in the environment it was given.
    pub fn new(pid: u32, marker: &(String, String)) -> Self {
        let root = i32::try_from(pid).ok().and_then(proc_table::entry);
        Self { root, marker: format!("{}={}", marker.0, marker.1), ended: false }
    }

    /// Sends SIGINT to the program itself.
    pub fn interrupt_root(&self) {
        if let Some(root) = &self.root {
            signal(root.identity, Signal::INT);
        }
    }

    /// Ends the tree: SIGTERM, then SIGKILL after `grace`; returns once nothing of it runs.
    ///
    /// Processes that refuse to die (waiting in the kernel) are given up after a second round of `grace`.
    pub async fn end(&mut self, grace: Duration) {
        let (root, marker) = (self.root, self.marker.clone());
        end_matching(move |seen| members(root, &marker, seen), grace).await;
        self.ended = true;
    }
}

impl Drop for Tree {
    /// Kills what is left when the run was dropped without being ended, so that nothing outlives it.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut seen = HashSet::new();
        for _ in 0..SWEEPS {
            let found = members(self.root, &self.marker, &mut seen);
            if found.is_empty() {
                return;
            }
            for process in found {
                signal(process, Signal::KILL);
            }
        }
    }
}

/// Ends every process whose environment holds the variable `name` with a value that is `wanted`: what a
/// gateway that was killed has left behind. This process and its ancestors are spared.
///
/// Returns how many processes were found.
pub async fn reap_marked(
    name: &str,
    wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    grace: Duration,
) -> usize {
    let prefix = format!("{name}=");
    let find = move |seen: &mut HashSet<Identity>| {
        let matches = |entry: &Entry| {
            let carries = |variable: &[u8]| {
                let text = std::str::from_utf8(variable).ok();
                text.and_then(|text| text.strip_prefix(&prefix)).is_some_and(&wanted)
            };
            proc_table::environment(entry.identity).split(|byte| *byte == 0).any(carries)
        };
        closure(&proc_table::all(), matches, seen)
    };
    end_matching(find, grace).await
}

/// Signals what `find` finds until it finds nothing. `find` remembers what it saw before: a child stays a
/// member after its parent has gone. Returns how many processes it ever found.
async fn end_matching(
    find: impl Fn(&mut HashSet<Identity>) -> Vec<Identity> + Send + Sync + 'static,
    grace: Duration,
) -> usize {
    let find = std::sync::Arc::new(find);
    let mut seen = HashSet::new();
    for sent in [Signal::TERM, Signal::KILL] {
        let deadline = tokio::time::Instant::now() + grace.max(MINIMUM_GRACE);
        let mut pause = FIRST_PAUSE;
        let mut told: HashSet<Identity> = HashSet::new();
        loop {
            let find = find.clone();
            let Ok(turn) = SCANS.acquire().await else { return 0 };
            let scan = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let found = find(&mut seen);
                (found, seen)
            });
            let Ok((found, back)) = scan.await else { return 0 };
            seen = back;
            if found.is_empty() {
                return seen.len();
            }
            for process in found.into_iter().filter(|process| told.insert(*process)) {
                signal(process, sent);
            }
            if tokio::time::Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
    tracing::warn!(count = seen.len(), "Some processes of a run did not end when killed");
    seen.len()
}

fn members(root: Option<Entry>, marker: &str, seen: &mut HashSet<Identity>) -> Vec<Identity> {
    let in_group = |entry: &Entry| {
        root.is_some_and(|root| {
            // The session and start time guard against a later group that reuses the number.
            entry.group == root.identity.pid
                && entry.session == root.session
                && entry.identity.start >= root.identity.start
        })
    };
    let carries_it = |entry: &Entry| {
        proc_table::environment(entry.identity).split(|byte| *byte == 0).any(|v| v == marker.as_bytes())
    };
    let is_member = |entry: &Entry| {
        root.is_some_and(|root| root.identity == entry.identity) || in_group(entry) || carries_it(entry)
    };
    closure(&proc_table::all(), is_member, seen)
}

/// Returns the living processes that match, or were seen before, or descend from one of those; all are
/// added to `seen`.
fn closure(all: &[Entry], matches: impl Fn(&Entry) -> bool, seen: &mut HashSet<Identity>) -> Vec<Identity> {
    let spared = ancestors(all);
    let candidates: Vec<&Entry> = all.iter().filter(|entry| !spared.contains(&entry.identity.pid)).collect();
    let mut pids: HashSet<i32> = HashSet::new();
    for entry in &candidates {
        if seen.contains(&entry.identity) || matches(entry) {
            pids.insert(entry.identity.pid);
        }
    }
    loop {
        let before = pids.len();
        for entry in &candidates {
            if pids.contains(&entry.parent) {
                pids.insert(entry.identity.pid);
            }
        }
        if pids.len() == before {
            break;
        }
    }
    let found = candidates.into_iter().filter(|entry| pids.contains(&entry.identity.pid));
    let found: Vec<&Entry> = found.collect();
    seen.extend(found.iter().map(|entry| entry.identity));
    found.into_iter().filter(|entry| !entry.dead).map(|entry| entry.identity).collect()
}

/// Returns the pids of this process and of all it descends from.
fn ancestors(all: &[Entry]) -> HashSet<i32> {
    let mut pid = getpid().as_raw_nonzero().get();
    let mut found = HashSet::new();
    while found.insert(pid) {
        let Some(entry) = all.iter().find(|entry| entry.identity.pid == pid) else { break };
        pid = entry.parent;
    }
    found
}

/// Signals `process` unless its pid now belongs to another one.
fn signal(process: Identity, signal: Signal) {
    let Some(pid) = rustix::process::Pid::from_raw(process.pid) else { return };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    // The handle stays with one process, so the start time read after opening it settles which one it is.
    if proc_table::entry(process.pid).is_some_and(|now| now.identity == process) {
        let _ = pidfd_send_signal(&handle, signal);
    }
}

/// How often a dropped tree is searched for processes that were started between search and signal.
const SWEEPS: u8 = 3;
const MINIMUM_GRACE: Duration = Duration::from_millis(50);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
/// Scans of the process table at once. Fifty runs that end together would else make fifty threads, each of which leaves
/// an arena of the allocator behind.
static SCANS: Semaphore = Semaphore::const_new(2);
