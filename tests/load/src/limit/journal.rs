//! The baseline's durability: one writer thread, an append-only table by integer key, commits in groups.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use rusqlite::Connection;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::Durability;

/// Something to be stored, and what its commit allows.
#[derive(Debug)]
pub struct Entry {
    /// The row's body.
    pub body: Vec<u8>,
    /// What happens after the commit.
    pub then: Then,
}

/// What a commit allows.
#[derive(Debug)]
pub enum Then {
    /// The run is accepted: its sender hears so, and its end is the next entry.
    Accepted {
        /// The connection that sent it.
        connection: usize,
        /// The response.
        reply: Vec<u8>,
        /// The final event, up to its `seq`.
        last: Vec<u8>,
    },
    /// The run has ended: everyone hears the final event.
    Ended(Vec<u8>),
    /// The device is known: its hello-ok may go.
    Paired {
        /// The connection that waits.
        connection: usize,
        /// Its hello-ok.
        reply: Vec<u8>,
    },
}

/// The writer thread, seen from the loop.
#[derive(Debug)]
pub struct Journal {
    entries: mpsc::Sender<Entry>,
    done: mpsc::Receiver<Vec<Then>>,
    bell: std::sync::Arc<OwnedFd>,
}

impl Journal {
    /// Opens the database in `dir` and starts the writer.
    pub fn open(dir: &Path, durability: Durability) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let database = Connection::open(dir.join("limit.db"))?;
        let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        database.execute_batch(&format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};
             CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        ))?;
        let (entries, inbox) = mpsc::channel();
        let (outbox, done) = mpsc::channel();
        let bell = std::sync::Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let ring = std::sync::Arc::clone(&bell);
        thread::Builder::new().name("journal".to_owned()).spawn(move || {
            // The loop notices that the writer has gone when it next sends an entry.
            drop(write(&database, &inbox, &outbox, &ring));
        })?;
        Ok(Self { entries, done, bell })
    }

    /// The descriptor that becomes readable after a commit.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Hands an entry to the writer.
    pub fn append(&self, body: Vec<u8>, then: Then) -> Result<()> {
        self.entries.send(Entry { body, then }).ok().context("the journal's writer has stopped")
    }

    /// What the commits since the last call allow.
    pub fn committed(&self) -> Vec<Then> {
        let mut count = [0_u8; 8];
        // An empty bell only means that an earlier call has taken these entries already.
        let _ = rustix::io::read(&*self.bell, &mut count);
        self.done.try_iter().flatten().collect()
    }
}

fn write(
    database: &Connection,
    inbox: &mpsc::Receiver<Entry>,
    outbox: &mpsc::Sender<Vec<Then>>,
    bell: &OwnedFd,
) -> Result<()> {
    while let Ok(first) = inbox.recv() {
        let mut group = Vec::new();
        database.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        {
            let mut insert = database.prepare_cached("INSERT INTO journal (body) VALUES (?1)")?;
            for entry in std::iter::once(first).chain(inbox.try_iter()) {
                insert.execute([&entry.body])?;
                group.push(entry.then);
            }
        }
        database.prepare_cached("COMMIT")?.execute([])?;
        outbox.send(group)?;
        rustix::io::write(bell, &1_u64.to_ne_bytes())?;
    }
    Ok(())
}
