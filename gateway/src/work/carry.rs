//! One run at a worker, as the engine sees it: a transport that waits through outages.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nodes::executor::{Assignment, Outcome, Progress};
use nodes::transport::{Transport, TransportError};
use nodes::work::wire::{Order, RunKey};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::post::Post;
use super::{Closing, Workers};
use crate::supervise::Job;

/// The way to one worker, connected or not.
#[derive(Debug)]
struct Remote {
    workers: Arc<Workers>,
    name: String,
}

impl Workers {
    /// Returns the way to a worker.
    pub fn to(self: &Arc<Self>, name: &str) -> Arc<dyn Transport> {
        Arc::new(Remote { workers: Arc::clone(self), name: name.to_owned() })
    }
}

/// How a run's worker is reached now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// It is connected; whether it said that it holds the run, and which life of it this is.
    Up { line: u64, holds: bool, life: Option<Arc<str>> },
    /// It is not, since then; since when there is a gateway at most.
    Down { since: Instant },
}

#[async_trait]
impl Transport for Remote {
    async fn run(
        &self,
        task: Assignment,
        progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        let run = RunKey::of(&task);
        let place = self.workers.expect(run, &self.name);
        let mut desk = Desk::new(&self.workers, &self.name, task, progress);
        let ended = self.carry(&mut desk, &place.post, &stop).await;
        if ended.is_ok() && desk.has_ended() && !desk.was_refused() {
            self.workers.close(run, &self.name, &desk);
        }
        ended
    }
}

impl Remote {
    async fn carry(
        &self,
        desk: &mut Desk,
        post: &Post,
        stop: &CancellationToken,
    ) -> Result<Outcome, TransportError> {
        let patience = self.workers.patience;
        let began = Instant::now();
        let mut until_stopped: Option<Instant> = None;
        loop {
            while let Some(report) = post.take() {
                if let Some(outcome) = desk.hear(report, stop).await {
                    return Ok(outcome);
                }
            }
            if post.overran() {
                desk.ask_again();
            }
            // After the reports: handing them over may have taken long, and the worker may be back.
            let deadline = match self.workers.link(&self.name, desk.run) {
                Link::Up { line, holds, life } => {
                    desk.meet(line, holds, life)?;
                    None
                }
                Link::Down { since } => {
                    desk.part();
                    if until_stopped.is_some() {
                        // It will hear that nobody waits when it comes back.
                        return Ok(Outcome::cancelled());
                    }
                    Some(since.max(began) + patience.lease)
                }
            };
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(desk.lost(patience.lease));
            }
            if until_stopped.is_some_and(|until| Instant::now() >= until) {
                tracing::warn!(run = %desk.run, worker = self.name, "A worker did not end a run in time");
                return Ok(Outcome::cancelled());
            }
            let pause = desk.pause(patience.repeat);
            tokio::select! {
                biased;
                () = self.workers.leaving.cancelled() => return Ok(Outcome::cancelled()),
                () = stop.cancelled(), if until_stopped.is_none() => {
                    if self.workers.leaving.is_cancelled() || !desk.stop() {
                        return Ok(Outcome::cancelled());
                    }
                    until_stopped = Some(Instant::now() + patience.stop);
                }
                () = post.rung() => {}
                word = desk.next_word() => desk.say(word),
                () = sleep_until(deadline) => {}
                () = sleep_until(until_stopped) => {}
                () = tokio::time::sleep(pause) => desk.repeat(),
            }
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// A run that is waited for; dropping it ends that.
struct Expected<'a> {
    workers: &'a Workers,
    run: RunKey,
    post: Arc<Post>,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut state = self.workers.state();
        // A later attempt to carry the same run has a letter box of its own.
        if state.posts.get(&self.run).is_some_and(|post| Arc::ptr_eq(post, &self.post)) {
            state.posts.remove(&self.run);
        }
        drop(state);
        self.workers.tell_of(&self.post.worker);
    }
}

impl Workers {
    fn expect(&self, run: RunKey, worker: &str) -> Expected<'_> {
        let post = Arc::new(Post::new(worker));
        self.state().posts.insert(run, Arc::clone(&post));
        self.tell_of(worker);
        Expected { workers: self, run, post }
    }

    pub(super) fn link(&self, worker: &str, run: RunKey) -> Link {
        let state = self.state();
        match state.workers.get(worker) {
            Some(known) => match &known.here {
                Some(here) => {
                    Link::Up { line: here.line, holds: known.held.contains(&run), life: known.life.clone() }
                }
                None => Link::Down { since: known.lost_at },
            },
            // It was here before a restart of the gateway, perhaps.
            None => Link::Down { since: self.began },
        }
    }

    pub(super) fn send(&self, worker: &str, orders: Vec<Order>) {
        self.give_all(worker, orders);
    }

    /// Remembers a run whose end was handed over until that is stored, and then has the worker forget it.
    fn close(self: &Arc<Self>, run: RunKey, worker: &str, desk: &Desk) {
        let closing = Closing { worker: worker.to_owned(), since: Instant::now() };
        self.state().closing.insert(run, closing);
        let (mut stored, end) = desk.end();
        let workers = Arc::clone(self);
        self.jobs.spawn(Job::Engine, async move {
            let stored = stored.wait_for(|steps| *steps > end);
            // An observer that goes without a word leaves it to `settled`, or to the sweep.
            if let Ok(Ok(_)) = tokio::time::timeout(LONGEST_CLOSE, stored).await {
                workers.settled(run);
            }
        });
    }
}

/// How long an end may take to be stored.
const LONGEST_CLOSE: Duration = Duration::from_mins(1);
