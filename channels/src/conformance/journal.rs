//! A journal in memory that can fail.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::channel::{Journal, JournalError};
use crate::inbound::{Bot, Event, Inbound};

/// A journal that keeps everything in memory. Clones share it.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seen: Mutex<Seen>,
    changed: watch::Sender<u64>,
}

/// What a journal has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What is stored, each id once, in order.
    pub stored: Vec<Inbound>,
    /// The ids of everything that was offered, also of what was not stored.
    pub offered: Vec<String>,
    /// The last cursor.
    pub cursor: Option<String>,
    /// How often the channel was alive.
    pub alive: u64,
    /// Who the bot is.
    pub bot: Option<Bot>,
    /// The troubles.
    pub troubles: Vec<String>,
    failures: Vec<StoreFailure>,
    ids: HashSet<String>,
}

/// How a journal fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// Nothing is stored.
    Lost,
    /// All is stored, the cursor too, but the answer does not arrive.
    Unanswered,
}

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Shared { seen: Mutex::default(), changed: watch::Sender::new(0) }))
    }
}

impl Memory {
    /// Makes the next store fail, after those that were asked to fail before.
    pub fn fail_next(&self, failure: StoreFailure) {
        self.lock().failures.push(failure);
    }

    /// Returns what was seen so far.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// Returns the texts of the stored messages, in order.
    pub fn texts(&self) -> Vec<String> {
        let seen = self.lock();
        let texts = seen.stored.iter().filter_map(|inbound| match &inbound.event {
            Event::Message(message) => Some(message.text.clone()),
            _ => None,
        });
        texts.collect()
    }

    /// Waits until what was seen is as asked, ten seconds at most; `what` names it in the error.
    pub async fn until(&self, what: &str, mut asked: impl FnMut(&Seen) -> bool) -> Result<(), String> {
        let mut changed = self.0.changed.subscribe();
        let wait = async {
            while !asked(&self.seen()) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.map_err(|_| format!("it never came that {what}"))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
        self.0.changed.send_modify(|count| *count += 1);
    }
}

#[async_trait]
impl Journal for Memory {
    async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError> {
        let mut failure = None;
        self.change(|seen| {
            failure = (!seen.failures.is_empty()).then(|| seen.failures.remove(0));
            seen.offered.extend(batch.iter().map(|inbound| inbound.id.clone()));
            if failure == Some(StoreFailure::Lost) {
                return;
            }
            for inbound in batch {
                if seen.ids.insert(inbound.id.clone()) {
                    seen.stored.push(inbound);
                }
            }
            seen.cursor = cursor.or(seen.cursor.take());
        });
        match failure {
            None => Ok(()),
            Some(_) => Err(JournalError("the disk is full".to_owned())),
        }
    }

    fn cursor(&self) -> Option<String> {
        self.lock().cursor.clone()
    }

    fn alive(&self, _: Duration) {
        self.change(|seen| seen.alive += 1);
    }

    fn identify(&self, bot: Bot) {
        self.change(|seen| seen.bot = Some(bot));
    }

    fn trouble(&self, text: &str) {
        self.change(|seen| seen.troubles.push(text.to_owned()));
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
