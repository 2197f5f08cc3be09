//! The one thread that writes: it takes what has gathered, runs each job, commits once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use rusqlite::Connection;
use schemas::bounds::{MAX_GROUP_COMMIT, MAX_STORE_LATER, MAX_STORE_QUEUE};
use tokio::sync::{Semaphore, oneshot};

use super::StoreError;
use super::relay::{Relay, Settle};

/// Runs inside the transaction; returns what to do once the fate of the commit is known, and whether it has
/// left something half done.
type Work = Box<dyn FnOnce(&Connection, Frame) -> (Settle, Torn) + Send>;

/// A job failed after its first write, without a savepoint: the transaction has to go.
type Torn = bool;

struct Job {
    work: Work,
    /// It makes all its checks before its first write, so it needs no savepoint.
    whole: bool,
    /// It holds one of the places that callers wait for.
    counted: bool,
}

/// What protects the others of a group from a job that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Savepoint,
    /// Nothing: there are no others.
    Alone,
    /// Nothing: it fails before its first write, or together with the disk.
    Whole,
}

#[derive(Clone)]
pub(super) struct Writer {
    handle: Arc<Handle>,
}

/// The last handle to go ends the thread.
struct Handle(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    bell: Condvar,
    /// Places for jobs that somebody waits for.
    room: Semaphore,
    relay: Arc<Relay>,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    /// Those among `jobs` that nobody waited to hand over.
    later: usize,
    closing: Option<Closing>,
    closed: bool,
}

/// Who waits for the end, if anybody.
struct Closing(Option<oneshot::Sender<()>>);

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            bell: Condvar::new(),
            room: Semaphore::new(MAX_STORE_QUEUE),
            relay: Arc::default(),
        });
        let own = Arc::clone(&shared);
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &own))
            .map_err(|source| StoreError::Io { path: "store-writer".into(), source })?;
        Ok(Self { handle: Arc::new(Handle(shared)) })
    }

    fn shared(&self) -> &Shared {
        &self.handle.0
    }

    /// Carries rings and results between the event loop and the writer, a whole group at a time.
    pub(super) async fn relay(&self) {
        let shared = Arc::clone(&self.handle.0);
        let relay = Arc::clone(&shared.relay);
        relay.carry(move || shared.bell.notify_one()).await;
    }

    pub(super) async fn write<T, F>(&self, job: F, whole: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |db, frame| {
            let (result, torn) = framed(db, frame, job);
            let settle = move |commit: Result<(), StoreError>| {
                // The caller may have gone away; the write stands all the same.
                drop(answer.send(result.and_then(|value| commit.map(|()| value))));
            };
            (Box::new(settle), torn)
        });
        self.shared().room.acquire().await.map_err(|_| StoreError::Closed)?.forget();
        self.push(Job { work, whole, counted: true })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn write_later<F>(&self, job: F)
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        let work: Work = Box::new(move |db, frame| {
            let (result, torn) = framed(db, frame, job);
            let settle = move |commit: Result<(), StoreError>| {
                if let Err(error) = result.and(commit) {
                    tracing::error!(%error, "A write that nobody waits for failed");
                }
            };
            (Box::new(settle), torn)
        });
        if let Err(error @ StoreError::Full) = self.push(Job { work, whole: false, counted: false }) {
            tracing::error!(%error, "A write that nobody waits for was dropped");
        }
    }

    pub(super) fn write_in_order<F>(&self, job: F) -> Saving
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |db, frame| {
            let (result, torn) = framed(db, frame, job);
            let settle = move |commit: Result<(), StoreError>| {
                // The caller may have gone away; the write stands all the same.
                drop(answer.send(result.and(commit)));
            };
            (Box::new(settle), torn)
        });
        match self.push(Job { work, whole: false, counted: false }) {
            Ok(()) => Saving::Waiting(answered),
            Err(error) => Saving::Refused(error),
        }
    }

    fn push(&self, job: Job) -> Result<(), StoreError> {
        let shared = self.shared();
        let mut queue = shared.queue();
        if queue.closed || queue.closing.is_some() {
            return Err(StoreError::Closed);
        }
        if !job.counted {
            if queue.later >= MAX_STORE_LATER {
                return Err(StoreError::Full);
            }
            queue.later += 1;
        }
        queue.jobs.push(job);
        let first = queue.jobs.len() == 1;
        drop(queue);
        // The writer has been told of the others, or is at work and looks again by itself.
        if first && !shared.relay.ring() {
            shared.bell.notify_one();
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        {
            let mut queue = self.shared().queue();
            if queue.closed {
                return;
            }
            queue.closing = Some(Closing(Some(closed)));
        }
        self.shared().bell.notify_one();
        drop(done.await);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.queue().closing.get_or_insert(Closing(None));
        self.0.bell.notify_one();
    }
}

impl Shared {
    /// A panic while the lock was held leaves a queue that is still whole, so poisoning is ignored.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for work. `None` once all of it is done and the writer is to end.
    fn next(&self, group: &mut Vec<Job>) -> Option<Closing> {
        let mut queue = self.queue();
        while queue.jobs.is_empty() && queue.closing.is_none() {
            queue = self.bell.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.jobs.is_empty() {
            queue.closed = true;
            return queue.closing.take();
        }
        let count = queue.jobs.len().min(MAX_GROUP_COMMIT);
        group.extend(queue.jobs.drain(..count));
        queue.later -= group.iter().filter(|job| !job.counted).count();
        None
    }
}

/// A write on its way to the disk.
#[derive(Debug, Default)]
#[must_use = "what is acknowledged must be on the disk"]
pub enum Saving {
    /// There is nothing to wait for.
    #[default]
    Nothing,
    /// It was not taken.
    Refused(StoreError),
    /// Its commit is to come.
    Waiting(oneshot::Receiver<Result<(), StoreError>>),
}

impl Saving {
    /// Waits until the write is on the disk; at once if there was none.
    pub async fn done(self) -> Result<(), StoreError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Refused(error) => Err(error),
            Self::Waiting(answered) => answered.await.map_err(|_| StoreError::Closed)?,
        }
    }
}

fn run(db: &Connection, shared: &Shared) {
    let mut group: Vec<Job> = Vec::with_capacity(MAX_GROUP_COMMIT);
    loop {
        if let Some(Closing(closed)) = shared.next(&mut group) {
            shared.room.close();
            // Last checkpoint: a stopped gateway leaves one file that can be copied.
            drop(db.pragma_update(None, "wal_checkpoint", "TRUNCATE"));
            // Whoever asked may have stopped waiting.
            let _ = closed.map(|closed| closed.send(()));
            return;
        }
        shared.room.add_permits(group.iter().filter(|job| job.counted).count());
        while !group.is_empty() {
            commit(db, shared, &mut group);
        }
    }
}

/// Runs a group in one transaction. If the commit fails, every job of it learns that. Jobs behind one that tore
/// the transaction stay in `group`.
fn commit(db: &Connection, shared: &Shared, group: &mut Vec<Job>) {
    if let Err(error) = execute(db, "BEGIN IMMEDIATE") {
        tracing::error!(%error, "No transaction could be begun");
        group.clear(); // Dropping a job tells its caller that it did not run.
        return;
    }
    let alone = group.len() == 1;
    let (mut settles, mut torn, mut ran) = (Vec::with_capacity(group.len()), false, 0);
    let mut rest = std::mem::take(group).into_iter();
    for job in rest.by_ref() {
        let frame = match (alone, job.whole) {
            (true, _) => Frame::Alone,
            (false, true) => Frame::Whole,
            (false, false) => Frame::Savepoint,
        };
        ran += 1;
        match catch_unwind(AssertUnwindSafe(|| (job.work)(db, frame))) {
            Ok((settle, half_done)) => {
                settles.push(settle);
                torn = half_done;
            }
            // A panicking job is dropped with its answer channel; the others of the group go on.
            Err(_) => torn = undo(db, frame),
        }
        if torn {
            break;
        }
    }
    group.extend(rest);
    let committed = if torn {
        drop(execute(db, "ROLLBACK"));
        if ran > 1 {
            tracing::error!(jobs = ran, "A write failed half-way and took its group with it");
        }
        false
    } else {
        execute(db, "COMMIT")
            .inspect_err(|error| {
                tracing::error!(%error, "A group commit failed");
                drop(execute(db, "ROLLBACK"));
            })
            .is_ok()
    };
    shared.relay.deliver(settles, committed);
}

/// Runs a job; what it wrote is taken back if it fails, by itself or, if it says so, with the transaction.
fn framed<T>(
    db: &Connection,
    frame: Frame,
    job: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> (Result<T, StoreError>, Torn) {
    if frame == Frame::Savepoint {
        return (in_savepoint(db, job), false);
    }
    let before = db.total_changes();
    let result = job(db);
    let torn = result.is_err() && (frame == Frame::Alone || db.total_changes() != before);
    (result, torn)
}

fn in_savepoint<T>(
    db: &Connection,
    job: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    execute(db, "SAVEPOINT job")?;
    let result = job(db);
    if result.is_err() {
        execute(db, "ROLLBACK TO job")?;
    }
    execute(db, "RELEASE job")?;
    result
}

/// Takes back what a panicking job had written; says whether the whole transaction has to go for that.
fn undo(db: &Connection, frame: Frame) -> Torn {
    tracing::error!("A write panicked and was rolled back");
    frame != Frame::Savepoint || db.execute_batch("ROLLBACK TO job; RELEASE job").is_err()
}

fn execute(db: &Connection, sql: &'static str) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
