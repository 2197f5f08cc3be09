//! The output log of one run: steps are gathered and stored in batches, never one by one; a store that does not keep
//! up slows the run down instead of filling the memory.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use nodes::executor::Step;
use schemas::Clock;
use schemas::bounds::{MAX_OUTPUT_BATCH, MAX_TASK_OUTPUT, OUTPUT_INTERVAL};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::store::output::{self, Batch};
use crate::store::{Store, StoreError};

/// Gathers and stores the steps of one run of dispatched work.
pub(super) struct Log {
    store: Store,
    clock: Clock,
    task: i64,
    /// Tells those who follow how far the task's output is stored.
    tail: watch::Sender<u64>,
    /// What has gathered since the last batch went off.
    next: Batch,
    /// What is not kept, once there is as much as may be.
    lost: Lost,
    /// The batch that is being stored.
    away: Option<Away>,
    /// When the next batch goes off, if anything gathers.
    due: Instant,
    /// How many steps of the run are stored or stood for.
    stored: u64,
    cap: u64,
    closed: bool,
}

/// Steps that are not kept.
#[derive(Debug, Default)]
struct Lost {
    steps: u64,
    bytes: u64,
    /// Bytes that the stored marker does not speak of.
    unsaid: u64,
}

/// A batch on its way into the store.
struct Away {
    batch: Batch,
    written: BoxFuture<'static, Result<(), StoreError>>,
}

impl Log {
    /// Begins the log of the run `fence`, after whatever the task said before, of which `last` is the last batch.
    pub(super) fn begin(
        (store, clock): (Store, Clock),
        (task, fence): (i64, i64),
        last: Option<&Batch>,
        tail: watch::Sender<u64>,
    ) -> Self {
        let mut next = Batch { fence, ..Batch::default() };
        if let Some(last) = last {
            (next.seq, next.total) = (last.seq + last.count, last.total);
            if last.fence == fence {
                next.first = last.first + last.span;
            }
        }
        tail.send_replace(next.seq);
        Self {
            store,
            clock,
            task,
            tail,
            stored: next.first,
            next,
            lost: Lost::default(),
            away: None,
            due: Instant::now(),
            cap: MAX_TASK_OUTPUT,
            closed: false,
        }
    }

    /// Returns how many of the run's steps are stored, or stood for by a marker.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// Returns how many of the run's steps it was given.
    pub(super) fn given(&self) -> u64 {
        self.next.first + self.next.count + self.lost.steps
    }

    /// Says whether more steps may come now.
    pub(super) fn has_room(&self) -> bool {
        self.next.steps.len() < MAX_OUTPUT_BATCH && self.lost.unsaid < MAX_UNSAID
    }

    /// Takes a step in.
    pub(super) fn push(&mut self, step: &Step) {
        let line = serde_json::to_string(step).unwrap_or_default();
        let size = line.len() as u64 + 1;
        if self.lost.steps > 0 || self.next.total + size > self.cap {
            self.lost.steps += 1;
            self.lost.bytes += size;
            self.lost.unsaid += size;
            return;
        }
        self.next.total += size;
        self.next.count += 1;
        self.next.steps.push_str(&line);
        self.next.steps.push('\n');
    }

    /// Sends a batch off when it is time, and sees it stored; returns then. It may be dropped and called again at any
    /// time.
    pub(super) async fn work(&mut self) {
        if self.away.is_none() {
            if self.closed || (self.next.count == 0 && self.lost.unsaid == 0) {
                return std::future::pending().await;
            }
            if self.has_room() {
                tokio::time::sleep_until(self.due).await;
            }
            self.send_off();
        }
        if let Some(away) = &mut self.away {
            let written = (&mut away.written).await;
            self.arrived(&written);
        }
    }

    /// Stores whatever has gathered.
    pub(super) async fn close(&mut self) {
        while !self.closed && (self.away.is_some() || self.next.count > 0 || self.lost.unsaid > 0) {
            self.due = Instant::now();
            self.work().await;
        }
    }

    fn send_off(&mut self) {
        let mut batch = self.next.clone();
        batch.at = self.clock.now();
        if batch.count > 0 {
            batch.span = batch.count;
            self.next.seq += batch.count;
            self.next.first += batch.count;
            self.next.count = 0;
            self.next.steps.clear();
        } else {
            let marker = serde_json::to_string(&Step::Gap { bytes: self.lost.bytes });
            batch.steps = marker.unwrap_or_default() + "\n";
            (batch.count, batch.span) = (1, self.lost.steps);
            self.lost.unsaid = 0;
        }
        self.due = Instant::now() + OUTPUT_INTERVAL;
        self.store_batch(batch, Duration::ZERO);
    }

    fn store_batch(&mut self, batch: Batch, pause: Duration) {
        let (store, task, row) = (self.store.clone(), self.task, batch.clone());
        let written = async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            store.write_whole(move |db| output::append(db, task, &row)).await
        };
        self.away = Some(Away { batch, written: written.boxed() });
    }

    fn arrived(&mut self, written: &Result<(), StoreError>) {
        let Some(Away { batch, .. }) = self.away.take() else { return };
        match written {
            Ok(()) => {
                self.stored = batch.first + batch.span;
                self.tail.send_replace(batch.seq + batch.count);
            }
            // The gateway stops; the next start asks for the steps again.
            Err(StoreError::Closed) => self.closed = true,
            Err(error) => {
                tracing::error!(%error, "Output could not be stored; it is tried again");
                self.store_batch(batch, PAUSE);
            }
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("task", &self.task).field("stored", &self.stored).finish_non_exhaustive()
    }
}

/// Bytes that may be lost before the marker is brought up to date.
const MAX_UNSAID: u64 = 1024 * 1024;
/// Time before a batch is stored again that the store refused.
const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> Step {
        Step::Text { delta: text.into() }
    }

    async fn begin(store: &Store, fence: i64) -> Log {
        let last = store.read(|db| output::last(db, 7)).await.unwrap();
        let (store, clock) = (store.clone(), Clock::manual(5));
        Log::begin((store, clock), (7, fence), last.as_ref(), watch::Sender::new(0))
    }

    async fn all(store: &Store) -> Vec<Batch> {
        store.read(|db| output::read(db, 7, 0, u64::MAX, usize::MAX)).await.unwrap()
    }

    #[tokio::test]
    async fn runs_follow_each_other_without_holes_and_a_taken_up_run_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("db")).unwrap();
        let mut log = begin(&store, 1).await;
        for n in 0..1000 {
            log.push(&say(&format!("{n} {}", "x".repeat(200))));
            if !log.has_room() || n % 300 == 0 {
                log.work().await;
            }
        }
        assert!(log.stored() < 1000);
        log.close().await;
        assert_eq!((log.stored(), log.given()), (1000, 1000));
        assert_eq!(begin(&store, 1).await.given(), 1000, "the same run goes on where it was");
        let mut log = begin(&store, 2).await;
        assert_eq!(log.given(), 0, "another run begins its own numbers");
        log.push(&say("again"));
        log.close().await;
        let batches = all(&store).await;
        let mut next = 0;
        for batch in &batches {
            assert_eq!((batch.seq, batch.steps.lines().count() as u64), (next, batch.count));
            assert!(batch.steps.len() < MAX_OUTPUT_BATCH + 400);
            next += batch.count;
        }
        assert_eq!((next, batches.len() < 12), (1001, true), "{}", batches.len());
        let part = store.read(|db| output::read(db, 7, 990, 3, 1 << 20)).await.unwrap();
        assert!(part[0].seq <= 990 && part[0].seq + part[0].count > 990);
    }

    #[tokio::test]
    async fn what_is_not_kept_is_one_marker_that_grows() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("db")).unwrap();
        let mut log = begin(&store, 1).await;
        log.cap = 100;
        for round in 0..3 {
            for _ in 0..4 {
                log.push(&say("0123456789"));
            }
            log.due = Instant::now();
            log.work().await;
            log.close().await;
            assert_eq!(log.stored(), 4 * (round + 1));
        }
        let batches = all(&store).await;
        let lines: Vec<&str> = batches.iter().flat_map(|batch| batch.steps.lines()).collect();
        let size = lines[0].len() + 1;
        assert_eq!(lines[2], format!(r#"{{"step":"gap","bytes":{}}}"#, 10 * size));
        assert_eq!((lines.len(), batches[1].first, batches[1].span), (3, 2, 10));
        assert_eq!(begin(&store, 1).await.given(), 12);
    }
}
