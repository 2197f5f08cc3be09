//! The task engine: whatever is accepted is stored first, run once at a time per conversation, and ended
//! exactly once, through crashes and restarts.
//!
//! The board (`board.rs`) is what is decided in memory, under one lock and without waiting; the store is what
//! is true. A decision is taken on the board, committed, and only then told to anybody.

mod accept;
mod admission;
mod along;
mod attachments;
mod audience;
mod blocks;
mod board;
mod board_view;
mod cancel;
mod carry;
mod closing;
mod entry;
mod finish;
mod keys;
mod log;
mod look;
mod places;
mod plan;
mod record;
mod recover;
mod refused;
mod request;
mod retry;
mod roster;
mod run;
mod tally;
mod view;
mod waits;
mod work;
mod workers;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use nodes::executor::ExecutorKind;
use schemas::Clock;
use schemas::clock::Millis;
use schemas::session::SessionKey;
use schemas::task::QueueMode;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::security::Passes;
use crate::store::{Store, StoreError, sessions, tasks as rows};
use crate::supervise::Jobs;

pub use accept::{Submission, Ticket};
pub use admission::RUNS;
pub use along::Along;
pub use attachments::Upload;
pub use audience::{Audience, RunFacts, Spectator, TaskChange};
pub use cancel::Stopped;
pub use look::Tail;
pub use refused::SubmitError;
pub use request::{Asker, Card, End, Kind, Request, Stage};
pub use roster::{AgentProfile, Carrier, Roster};
pub use view::{FAILED_BY_TIME, TO_WORKER, seq_of, status_of, summary_of};
pub use work::{MAX_RETRIES, Work};
pub use workers::{Ways, WorkerLoad};

use board::Board;
use tally::Tally;

/// What the engine is built from.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where its work is started.
    pub jobs: Jobs,
    /// Who is told what happens.
    pub audience: Arc<dyn Audience>,
    /// Who performs runs, by kind of executor.
    pub carriers: HashMap<ExecutorKind, Carrier>,
    /// The agents.
    pub roster: Roster,
    /// Where attachments are kept: the state directory.
    pub state_dir: PathBuf,
    /// What happens to input that comes during a run, where it does not say so itself.
    pub queue_mode: QueueMode,
    /// Tasks of one conversation that may wait; more are refused.
    pub queue_cap: usize,
    /// Passes for runs whose agents have tools.
    pub passes: Arc<Passes>,
    /// Where an agent on this machine reaches the tools.
    pub tools_url: String,
}

/// The task engine. One for the gateway; methods, channels and schedules submit to it.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    clock: Clock,
    jobs: Jobs,
    audience: Arc<dyn Audience>,
    carriers: HashMap<ExecutorKind, Carrier>,
    roster: RwLock<Arc<Roster>>,
    state_dir: PathBuf,
    /// Names this gateway in the environment of its processes, so that a restart finds its own and no others.
    instance: String,
    queue_mode: QueueMode,
    passes: Arc<Passes>,
    tools_url: String,
    board: Mutex<Board>,
    tally: Tally,
    ways: OnceLock<Arc<dyn Ways>>,
    /// Rung when there is a new hour to keep.
    alarm: Notify,
    leaving: CancellationToken,
}

impl Engine {
    /// Builds the engine and loads what it must remember; nothing runs before [`Engine::recover`].
    pub fn new(parts: Parts) -> Result<Arc<Self>, StoreError> {
        let since = parts.clock.now() - millis(schemas::bounds::IDEMPOTENCY_TTL);
        let limit = u32::try_from(schemas::bounds::MAX_IDEMPOTENCY_KEYS).unwrap_or(u32::MAX);
        let (last, recent, chosen) = parts.store.read_now(|db| {
            Ok((rows::last_seq(db)?, rows::recent(db, since, limit)?, sessions::chosen_agents(db)?))
        })?;
        let digest = Sha256::digest(parts.state_dir.as_os_str().as_encoded_bytes());
        Ok(Arc::new(Self {
            board: Mutex::new(Board::new(parts.queue_cap, last, recent, chosen)),
            tally: Tally::new(last),
            store: parts.store,
            clock: parts.clock,
            jobs: parts.jobs,
            audience: parts.audience,
            carriers: parts.carriers,
            roster: RwLock::new(Arc::new(parts.roster)),
            state_dir: parts.state_dir,
            instance: hex::encode(&digest[..8]),
            queue_mode: parts.queue_mode,
            passes: parts.passes,
            tools_url: parts.tools_url,
            ways: OnceLock::new(),
            alarm: Notify::new(),
            leaving: CancellationToken::new(),
        }))
    }

    /// Returns what happens to input that comes during a run and does not say so itself.
    pub fn queue_mode(&self) -> QueueMode {
        self.queue_mode
    }

    /// Returns the agents.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the agents; runs that are alive keep theirs.
    pub fn set_roster(&self, roster: Roster) {
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
    }

    /// Returns the agent that answers in a conversation: the one a person chose, or the key's own.
    pub fn agent_of(&self, org: &str, key: &SessionKey) -> String {
        self.board().chosen(org, key.as_str()).unwrap_or_else(|| key.agent().to_owned())
    }

    /// Changes who answers in a conversation, in memory; the caller has stored it.
    pub fn choose_agent(&self, org: &str, key: &SessionKey, agent: Option<String>) {
        self.board().choose(org, key.as_str(), agent);
    }

    /// Returns the run that is alive in a conversation and those that wait, in order.
    pub fn active_runs(&self, org: &str, key: &str) -> (bool, Vec<String>) {
        self.board().active(org, key)
    }

    /// Returns the conversation of a run that has not ended.
    pub fn key_of_run(&self, org: &str, run_id: &str) -> Option<String> {
        let board = self.board();
        let (seq, _) = board.by_run(org, run_id)?;
        board.entry(seq).map(|entry| entry.card.key.to_string())
    }

    /// Returns how many tasks have not ended, and how many of them run.
    pub fn load(&self) -> (usize, usize) {
        self.board().load()
    }

    /// Returns the facts of a task that has not ended.
    pub fn card(&self, seq: i64) -> Option<Arc<Card>> {
        self.board().entry(seq).map(|entry| Arc::clone(&entry.card))
    }

    /// Waits for the end of a run; `None` if it has not ended by then, or is not known.
    pub async fn wait(
        &self,
        org: &str,
        run_id: &str,
        timeout: Duration,
    ) -> Result<Option<Arc<End>>, StoreError> {
        let known = self.board().by_run(org, run_id);
        let Some((seq, stage)) = known else {
            tokio::time::sleep(timeout).await;
            return Ok(None);
        };
        if let Some(stage) = stage {
            return Ok(tokio::time::timeout(timeout, ended(stage)).await.ok().flatten());
        }
        self.stored_end(org, seq).await
    }

    /// Returns how a task of old ended.
    pub async fn stored_end(&self, org: &str, seq: i64) -> Result<Option<Arc<End>>, StoreError> {
        let org = org.to_owned();
        let row = self.store.read(move |db| rows::get(db, &org, seq)).await?;
        let end = row.and_then(|row| row.outcome).and_then(|json| serde_json::from_str(&json).ok());
        Ok(end.map(Arc::new))
    }

    /// Stops the runs and takes no more tasks. What was running is left for the next start to go on with.
    pub fn leave(&self) {
        self.leaving.cancel();
        for stop in self.board().stop_all() {
            stop.cancel();
        }
    }

    /// A panic while the lock was held leaves a board that is still consistent: its methods do not call out.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a task has ended; `None` if it was never stored.
async fn ended(mut stage: watch::Receiver<Stage>) -> Option<Arc<End>> {
    let last = stage.wait_for(|stage| matches!(stage, Stage::Ended(_) | Stage::Refused(_))).await.ok()?;
    match &*last {
        Stage::Ended(end) => Some(Arc::clone(end)),
        Stage::Refused(_) | Stage::Storing | Stage::Stored => None,
    }
}

/// Returns a duration in the clock's unit.
fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// Makes the id of task `seq`: a UUID of version 7 whose last five bytes are the task's number, so that a task
/// is found by its id without an index on random bytes.
fn task_id(seq: i64, at: Millis) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&Uuid::new_v4().as_bytes()[..10]);
    random[5..].copy_from_slice(&seq.to_be_bytes()[3..]);
    uuid::Builder::from_unix_timestamp_millis(at.unsigned_abs(), &random).into_uuid()
}
