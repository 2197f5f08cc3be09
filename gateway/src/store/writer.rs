//! The one thread that writes: it takes what has gathered, runs each job in a savepoint, commits once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use rusqlite::Connection;
use schemas::bounds::{MAX_GROUP_COMMIT, MAX_STORE_QUEUE};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Runs inside the transaction; returns what to do once the fate of the commit is known.
type Job = Box<dyn FnOnce(&Connection) -> Settle + Send>;
type Settle = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Message {
    Run(Job),
    Close(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    /// Jobs that nobody waits for must not be lost when the queue is full, and must not block the loop:
    /// they have a queue of their own, drained with the next group.
    later: Arc<std::sync::Mutex<Vec<Job>>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(MAX_STORE_QUEUE);
        let later = Arc::default();
        let writer = Self { queue, later: Arc::clone(&later) };
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, jobs, &later))
            .map_err(|source| StoreError::Io { path: "store-writer".into(), source })?;
        Ok(writer)
    }

    pub(super) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |db: &Connection| -> Settle {
            let result = in_savepoint(db, job);
            Box::new(move |commit| {
                // The caller may have gone away; the write stands all the same.
                drop(answer.send(result.and_then(|value| commit.map(|()| value))));
            })
        });
        self.queue.send(Message::Run(job)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn write_later<F>(&self, job: F)
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        let job: Job = Box::new(move |db| {
            let result = in_savepoint(db, job);
            Box::new(move |commit| {
                if let Err(error) = result.and(commit) {
                    tracing::error!(%error, "A write that nobody waits for failed");
                }
            })
        });
        self.push(job);
    }

    pub(super) fn write_in_order<F>(&self, job: F) -> Saving
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.push(Box::new(move |db| {
            let result = in_savepoint(db, job);
            Box::new(move |commit| {
                // The caller may have gone away; the write stands all the same.
                drop(answer.send(result.and(commit)));
            })
        }));
        Saving(Some(answered))
    }

    fn push(&self, job: Job) {
        if let Ok(mut later) = self.later.lock() {
            later.push(job);
        }
        // A full queue means that a group is about to run anyway.
        drop(self.queue.try_send(Message::Run(Box::new(|_| Box::new(drop)))));
        if self.queue.is_closed() {
            forget(&self.later);
        }
    }

    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.queue.send(Message::Close(closed)).await.is_ok() {
            drop(done.await);
        }
    }
}

/// A write on its way to the disk.
#[derive(Debug, Default)]
#[must_use = "what is acknowledged must be on the disk"]
pub struct Saving(Option<oneshot::Receiver<Result<(), StoreError>>>);

impl Saving {
    /// Waits until the write is on the disk; at once if there was none.
    pub async fn done(self) -> Result<(), StoreError> {
        match self.0 {
            None => Ok(()),
            Some(answered) => answered.await.map_err(|_| StoreError::Closed)?,
        }
    }
}

/// Drops what can no longer be written, so that nobody waits for it.
fn forget(later: &std::sync::Mutex<Vec<Job>>) {
    if let Ok(mut later) = later.lock() {
        later.clear();
    }
}

fn run(db: &Connection, mut queue: mpsc::Receiver<Message>, later: &std::sync::Mutex<Vec<Job>>) {
    let mut group: Vec<Job> = Vec::with_capacity(MAX_GROUP_COMMIT);
    let mut closing = None;
    while let Some(message) = queue.blocking_recv() {
        take(message, &mut group, &mut closing);
        while group.len() < MAX_GROUP_COMMIT && closing.is_none() {
            let Ok(message) = queue.try_recv() else { break };
            take(message, &mut group, &mut closing);
        }
        if let Ok(mut later) = later.lock() {
            group.append(&mut later);
        }
        commit(db, &mut group);
        if let Some(closed) = closing.take() {
            queue.close();
            forget(later);
            // Last checkpoint: a stopped gateway leaves one file that can be copied.
            drop(db.pragma_update(None, "wal_checkpoint", "TRUNCATE"));
            // Whoever asked may have stopped waiting.
            let _ = closed.send(());
            return;
        }
    }
}

fn take(message: Message, group: &mut Vec<Job>, closing: &mut Option<oneshot::Sender<()>>) {
    match message {
        Message::Run(job) => group.push(job),
        Message::Close(closed) => *closing = Some(closed),
    }
}

/// Runs a group in one transaction. If the commit fails, every job of it learns that.
fn commit(db: &Connection, group: &mut Vec<Job>) {
    if group.is_empty() {
        return;
    }
    if let Err(error) = db.execute_batch("BEGIN IMMEDIATE") {
        tracing::error!(%error, "No transaction could be begun");
        group.clear(); // Dropping a job tells its caller that it did not run.
        return;
    }
    // A panicking job is dropped with its answer channel; the others of the group go on.
    let settles: Vec<Settle> = group
        .drain(..)
        .filter_map(|job| catch_unwind(AssertUnwindSafe(|| job(db))).inspect_err(|_| undo(db)).ok())
        .collect();
    let committed = db.execute_batch("COMMIT").map_err(|error| {
        tracing::error!(%error, "A group commit failed");
        drop(db.execute_batch("ROLLBACK"));
    });
    for settle in settles {
        settle(committed.map_err(|()| StoreError::Closed));
    }
}

fn in_savepoint<T>(
    db: &Connection,
    job: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    db.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = job(db);
    if result.is_err() {
        db.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    db.prepare_cached("RELEASE job")?.execute([])?;
    result
}

/// Takes back what a panicking job had written.
fn undo(db: &Connection) {
    tracing::error!("A write panicked and was rolled back");
    drop(db.execute_batch("ROLLBACK TO job; RELEASE job"));
}
