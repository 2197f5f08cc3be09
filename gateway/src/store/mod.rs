//! `SQLite` behind one writer that commits in groups, and a few readers beside it.
//!
//! This is the only module with SQL in it; one noun, one file. A write returns after its commit, so an
//! acknowledgement that follows it survives any crash. Writes that arrive while a commit is under way share the
//! next one: under load a hundred of them cost one `fdatasync`.

mod audit;
mod devices;
mod idempotency;
pub mod messages;
mod reader;
mod relay;
pub mod search;
pub mod sessions;
pub mod tasks;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use reader::Readers;
use writer::Writer;

pub use audit::{AuditEntry, AuditState, append_audit, latest_audit, verify_audit};
pub use devices::{
    About, BootstrapRow, DeviceRow, GrantRow, Identities, PendingRow, TokenHash, load_identities,
    put_bootstrap, put_device, put_pending, remove_bootstrap, remove_device, remove_pending,
};
pub use idempotency::{KeptAnswer, forget_answers, keep_answer, kept_answers};
pub use writer::Saving;

/// What a write or a read is done on. Others hand it on to the functions of this module and ask it nothing.
pub use rusqlite::Connection as Db;

/// The organisation that every row belongs to until others are made.
pub const DEFAULT_ORG: &str = "default";

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` refused.
    #[error("the database refused the statement")]
    Sql(#[from] rusqlite::Error),
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[from] rusqlite_migration::Error),
    /// A stored value cannot be read back.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// Someone else changed the row first.
    #[error("the row was changed meanwhile")]
    Conflict,
    /// The writer is gone: the gateway is stopping.
    #[error("the database is closed")]
    Closed,
    /// The commit failed that the write was part of; nothing of it is stored.
    #[error("the database refused the commit")]
    Undone,
    /// The disk does not keep up: more writes wait than may.
    #[error("too many writes wait for the disk")]
    Full,
    /// A file could not be used.
    #[error("the database file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    path: Arc<PathBuf>,
    writer: Writer,
    readers: Readers,
}

impl Store {
    /// Opens the database at `path`, made with mode 0600 if it does not exist, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let mut connection = Connection::open(path)?;
        tune(&connection)?;
        migrations().to_latest(&mut connection)?;
        Ok(Self {
            path: Arc::new(path.to_owned()),
            writer: Writer::start(connection)?,
            readers: Readers::new(path.to_owned()),
        })
    }

    /// Runs `job` in the next group commit and returns its result once that is on disk.
    ///
    /// A job that fails is rolled back alone; its neighbours in the group are not touched. When the caller
    /// stops waiting the job still runs.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(job, false).await
    }

    /// Like [`Store::write`], for a job that makes all its checks before its first write.
    ///
    /// It is spared the savepoint, and its copy of every page that it touches. Should it fail after its first
    /// write all the same, as when the disk is full, then its whole group is rolled back, and each of the group
    /// hears [`StoreError::Undone`].
    pub async fn write_whole<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(job, true).await
    }

    /// Carries writes and their results between the event loop and the writer's thread, a turn's or a group's at
    /// a time; to be run as a job of the loop. Without it all goes well, but with a wake-up for each write.
    pub async fn relay(self) {
        self.writer.relay().await;
    }

    /// Hands over a write that nobody waits for; it rides along with the next commit.
    pub fn write_later<F>(&self, job: F)
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        self.writer.write_later(job);
    }

    /// Hands over a write at once, in the order of the calls, and returns a receipt to wait for.
    ///
    /// For state that is kept in memory and changed under a lock: the writes reach the disk in the order of the
    /// changes, and still share their commits.
    pub fn write_in_order<F>(&self, job: F) -> Saving
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        self.writer.write_in_order(job)
    }

    /// Runs `job` on a read-only connection, beside the event loop.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(job).await
    }

    /// Runs `job` on a read-only connection in this thread; for start-up, before there is a loop to block.
    pub fn read_now<T>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.with(job)
    }

    /// Writes a consistent copy to `target`, which must not exist; the gateway goes on working meanwhile.
    pub async fn backup(&self, target: PathBuf) -> Result<u64, StoreError> {
        self.read(move |from| {
            create_private(&target)?;
            let mut to = Connection::open(&target)?;
            let copy = rusqlite::backup::Backup::new(from, &mut to)?;
            copy.run_to_completion(1000, std::time::Duration::ZERO, None)?;
            drop(copy);
            to.close().map_err(|(_, error)| error)?;
            let size =
                std::fs::metadata(&target).map_err(|source| StoreError::Io { path: target, source })?;
            Ok(size.len())
        })
        .await
    }

    /// Returns the database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for all writes and closes the writer; later writes fail with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.writer.close().await;
    }
}

/// Makes an empty file that only its owner can read; an existing one is left as it is.
fn create_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// WAL lets readers work beside the writer; FULL makes a commit survive a power cut.
fn tune(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("migrations/0001_identity.sql")),
        M::up(include_str!("migrations/0002_conversations.sql")),
        M::up(include_str!("migrations/0003_kept_answers.sql")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        (dir, store)
    }

    #[test]
    fn migrations_are_valid() {
        migrations().validate().expect("valid");
    }

    #[tokio::test]
    async fn a_failed_job_leaves_its_neighbours_alone() {
        let (_dir, store) = store();
        store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
        let good = store.write(|db| Ok(db.execute("INSERT INTO t VALUES (1)", [])?));
        let bad = store.write(|db| {
            db.execute("INSERT INTO t VALUES (2)", [])?;
            Err::<(), _>(StoreError::Conflict)
        });
        let (good, bad) = tokio::join!(good, bad);
        assert!(good.is_ok() && matches!(bad, Err(StoreError::Conflict)));
        let rows: i64 = store
            .read(|db| Ok(db.query_row("SELECT sum(x) FROM t", [], |row| row.get(0))?))
            .await
            .expect("read");
        assert_eq!(rows, 1);
        store.close().await;
        assert!(matches!(store.write(|_| Ok(())).await, Err(StoreError::Closed)));
    }

    async fn numbers(store: &Store) -> Vec<i64> {
        let read = |db: &Connection| {
            let mut statement = db.prepare("SELECT x FROM t ORDER BY x")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        store.read(read).await.expect("read")
    }

    fn put(x: i64) -> impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static {
        move |db| {
            db.execute("INSERT INTO t VALUES (?1)", [x])?;
            Ok(())
        }
    }

    fn put_and_fail(x: i64) -> impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static {
        move |db| {
            put(x)(db)?;
            Err(StoreError::Conflict)
        }
    }

    /// Keeps the writer busy until what follows has gathered, so that it makes one group.
    fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
        let (go, wait) = std::sync::mpsc::channel();
        store.write_later(move |_| {
            // The sender is dropped, never used.
            let _ = wait.recv();
            Ok(())
        });
        go
    }

    #[tokio::test]
    async fn of_a_group_only_the_job_that_fails_is_rolled_back() {
        for relayed in [false, true] {
            let (_dir, store) = store();
            let jobs = crate::supervise::Jobs::default();
            if relayed {
                jobs.spawn(crate::supervise::Job::Relay, store.clone().relay());
                tokio::task::yield_now().await;
            }
            store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
            let go = hold(&store);
            let all = async {
                tokio::join!(
                    store.write(put(1)),
                    store.write(put_and_fail(2)),
                    // It fails before its first write, as it has promised.
                    store.write_whole(|_| Err::<(), _>(StoreError::Conflict)),
                    store.write_whole(put(3)),
                    async {
                        tokio::task::yield_now().await;
                        drop(go);
                    },
                )
            };
            let (first, failed, checked, last, ()) = all.await;
            assert!(first.is_ok() && last.is_ok());
            assert!(matches!((failed, checked), (Err(StoreError::Conflict), Err(StoreError::Conflict))));
            assert_eq!(numbers(&store).await, [1, 3]);
            assert!(matches!(store.write(put_and_fail(4)).await, Err(StoreError::Conflict)));
            assert_eq!(numbers(&store).await, [1, 3], "alone in its group it is rolled back as well");
        }
    }

    #[tokio::test]
    async fn a_whole_job_that_breaks_its_promise_takes_its_group_with_it_and_all_hear() {
        let (_dir, store) = store();
        store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
        for panics in [false, true] {
            let go = hold(&store);
            let broken = move |db: &Connection| {
                assert!(!panics || put(2)(db).is_err(), "a bug in a job");
                put_and_fail(2)(db)
            };
            let (before, broken, after, ()) =
                tokio::join!(store.write(put(1)), store.write_whole(broken), store.write(put(3)), async {
                    tokio::task::yield_now().await;
                    drop(go);
                });
            assert!(matches!(before, Err(StoreError::Undone)));
            let wanted = if panics { StoreError::Closed } else { StoreError::Conflict };
            assert_eq!(broken.map_err(|error| error.to_string()), Err(wanted.to_string()));
            assert!(after.is_ok(), "what comes behind it has a transaction of its own");
        }
        assert_eq!(numbers(&store).await, [3, 3]);
    }

    #[tokio::test]
    async fn writes_that_nobody_waits_for_are_bounded() {
        let (_dir, store) = store();
        let go = hold(&store);
        let mut refused = 0;
        for _ in 0..schemas::bounds::MAX_STORE_LATER + 10 {
            let saving = store.write_in_order(|_| Ok(()));
            refused += usize::from(matches!(saving, Saving::Refused(StoreError::Full)));
        }
        assert!((10..=11).contains(&refused), "{refused}");
        drop(go);
        store.write(|_| Ok(())).await.expect("there is room again");
        store.write_in_order(|_| Ok(())).done().await.expect("there is room again");
    }

    #[tokio::test]
    async fn a_relay_that_goes_leaves_nothing_behind() {
        let (_dir, store) = store();
        let relay = store.clone().relay();
        let write = store.write(|_| Ok(7));
        tokio::pin!(write);
        {
            tokio::pin!(relay);
            // The write is handed over, the relay is gone before it could ring.
            let polled = std::future::poll_fn(|cx| {
                let _ = relay.as_mut().poll(cx);
                std::task::Poll::Ready(write.as_mut().poll(cx).is_ready())
            });
            assert!(!polled.await);
        }
        assert_eq!(write.await.expect("written"), 7);
    }

    #[tokio::test]
    async fn a_panicking_job_does_not_end_the_writer() {
        let (_dir, store) = store();
        let lost = store.write(|_| -> Result<(), StoreError> { panic!("a bug in a job") }).await;
        assert!(matches!(lost, Err(StoreError::Closed)));
        store.write(|_| Ok(())).await.expect("the writer lives");
    }

    #[tokio::test]
    async fn a_backup_is_a_whole_database_of_its_own() {
        let (dir, store) = store();
        store
            .write(|db| Ok(db.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (7)")?))
            .await
            .expect("made");
        let target = dir.path().join("copy.db");
        let bytes = store.backup(target.clone()).await.expect("copied");
        assert!(bytes > 0);
        let copy = Store::open(&target).expect("opens");
        let x: i64 =
            copy.read_now(|db| Ok(db.query_row("SELECT x FROM t", [], |row| row.get(0))?)).expect("read");
        assert_eq!(x, 7);
    }
}
