//! `SQLite` behind one writer that commits in groups, and a few readers beside it.
//!
//! This is the only module with SQL in it; one noun, one file. A write returns after its commit, so an
//! acknowledgement that follows it survives any crash. Writes that arrive while a commit is under way share the
//! next one: under load a hundred of them cost one `fdatasync`.

pub mod accounts;
pub mod approvals;
pub mod artifacts;
mod attempts;
mod audit;
mod devices;
pub mod durations;
pub mod hooks;
mod idempotency;
pub mod inbound;
pub mod messages;
pub mod nodes;
pub mod outbox;
pub mod output;
pub mod peers;
mod reader;
mod relay;
mod remembered;
pub mod schedules;
pub mod search;
pub mod sessions;
pub mod task_ids;
pub mod tasks;
pub mod work;
pub mod workers;
mod writer;

#[cfg(test)]
mod tests;

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
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("migrations/0001_identity.sql")),
        M::up(include_str!("migrations/0002_conversations.sql")),
        M::up(include_str!("migrations/0003_kept_answers.sql")),
        M::up(include_str!("migrations/0004_channels.sql")),
        M::up(include_str!("migrations/0005_approvals.sql")),
        M::up(include_str!("migrations/0006_nodes.sql")),
        M::up(include_str!("migrations/0007_workers.sql")),
        M::up(include_str!("migrations/0010_schedules.sql")),
        M::up(include_str!("migrations/0011_hooks.sql")),
    ])
}

/// A commit writes whole pages, and a run changes a row or two on each of a few: with small pages it writes less
/// than half of what it would with the usual 4096. Only a new database takes it up.
const PAGE_BYTES: u32 = 1024;
/// Pages in the write-ahead log, about 16 MB, after which it is folded into the database: what changes with every
/// run, such as a conversation's row, is written there once for many commits.
const CHECKPOINT_PAGES: u32 = 16_000;
