//! Ends a program by its process group, on systems without `/proc`: what left the group is not found.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

/// A program that leads a process group of its own.
#[derive(Debug)]
pub struct Tree {
    root: Option<Pid>,
    ended: bool,
}

impl Tree {
    /// Returns the group of the program `pid`; `marker` cannot be read on this system.
    pub fn new(pid: u32, _marker: &(String, String)) -> Self {
        Self { root: i32::try_from(pid).ok().and_then(Pid::from_raw), ended: false }
    }

    /// Sends SIGINT to the program itself.
    pub fn interrupt_root(&self) {
        if let Some(pid) = self.root {
            let _ = kill_process(pid, Signal::INT);
        }
    }

    /// Ends the group: SIGTERM, then SIGKILL after `grace`.
    pub async fn end(&mut self, grace: Duration) {
        let Some(pid) = self.root else { return };
        let _ = kill_process_group(pid, Signal::TERM);
        let gone = async {
            while test_kill_process_group(pid).is_ok() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        if tokio::time::timeout(grace, gone).await.is_err() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        self.ended = true;
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let (false, Some(pid)) = (self.ended, self.root) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// Finds nothing on this system, where the environment of other processes cannot be read; returns 0.
pub async fn reap_marked(
    _name: &str,
    _wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    _grace: Duration,
) -> usize {
    0
}

const PAUSE: Duration = Duration::from_millis(20);
