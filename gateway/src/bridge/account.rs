//! An account that is started: what is known of it while it runs, and how it is.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use channels::{Bot, Traits};
use schemas::clock::Millis;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::settings::Account;
use crate::store::accounts::AccountName;
use crate::store::peers::PeerRow;

/// An account that is started.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) account: Account,
    pub(super) of: AccountName,
    pub(super) stop: CancellationToken,
    /// Cancelled once nobody keeps it connected any more.
    pub(super) ended: CancellationToken,
    pub(super) budget: Budget,
    health: Mutex<Health>,
    cursor: Mutex<Option<String>>,
    people: Mutex<People>,
    /// Its platform's menu was set, or is being set.
    menu: AtomicBool,
    /// Rings when it is connected or not, or has another trouble.
    changed: Arc<Notify>,
}

/// How an account is, in the gateway's own words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Somebody keeps it connected.
    pub running: bool,
    /// Its connection has shown a sign of life lately, by a completed poll or an acknowledged heartbeat.
    pub connected: bool,
    /// The last sign of life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alive_at: Option<Millis>,
    /// When the next one is due; later than that it does not count as connected.
    #[serde(skip)]
    pub due_at: Option<Millis>,
    /// When the present connection began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connecting_since: Option<Millis>,
    /// When something last came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_at: Option<Millis>,
    /// When something was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_at: Option<Millis>,
    /// The last trouble, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_at: Option<Millis>,
    /// Connections begun since the last sign of life.
    pub reconnect_attempts: u32,
    /// Who the bot is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<Bot>,
}

#[derive(Debug, Default)]
struct People {
    approved: HashSet<String>,
    /// Owners who have written to the bot since the start.
    met: HashSet<String>,
    /// When each sender's latest messages came.
    recent: HashMap<String, VecDeque<Millis>>,
}

impl Live {
    pub(super) fn new(
        account: Account,
        stop: CancellationToken,
        cursor: Option<String>,
        peers: &[PeerRow],
        changed: Arc<Notify>,
    ) -> Self {
        let approved = peers.iter().map(|peer| peer.peer.clone()).collect();
        Self {
            of: account.of(),
            stop,
            ended: CancellationToken::new(),
            budget: Budget::new(account.limits),
            health: Mutex::default(),
            cursor: Mutex::new(cursor),
            people: Mutex::new(People { approved, ..People::default() }),
            menu: AtomicBool::new(false),
            changed,
            account,
        }
    }

    /// Says whether the menu has still to be set, to one who does it now.
    pub(super) fn begin_menu(&self) -> bool {
        !self.menu.swap(true, Ordering::Relaxed)
    }

    pub(super) fn forget_menu(&self) {
        self.menu.store(false, Ordering::Relaxed);
    }

    pub(super) fn org(&self) -> Arc<str> {
        Arc::clone(&self.account.org)
    }

    pub(super) fn traits(&self) -> Traits {
        self.account.channel.traits()
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cursor(&self) -> Option<String> {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_cursor(&self, cursor: String) {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }

    /// Notes a trouble for people to read.
    pub(super) fn trouble(&self, text: &str, now: Millis) {
        let text: String = text.chars().take(MAX_TROUBLE).collect();
        let mut health = self.health();
        health.error_at = Some(now);
        let before = health.error.replace(text);
        let other = before != health.error;
        drop(health);
        if other {
            self.changed.notify_one();
        }
    }

    /// Notes whether the connection is alive; says whether that is new.
    pub(super) fn set_connected(&self, connected: bool) -> bool {
        let before = std::mem::replace(&mut self.health().connected, connected);
        if before != connected {
            self.changed.notify_one();
        }
        before != connected
    }

    /// Says whether somebody was let in.
    pub(super) fn is_approved(&self, peer: &str) -> bool {
        self.people().approved.contains(peer)
    }

    pub(super) fn set_approved(&self, peer: &str, approved: bool) {
        let mut people = self.people();
        if approved {
            people.approved.insert(peer.to_owned());
        } else {
            people.approved.remove(peer);
        }
    }

    /// Notes that an owner wrote; says whether that is the first time.
    pub(super) fn meet(&self, owner: &str) -> bool {
        self.people().met.insert(owner.to_owned())
    }

    /// Counts what a sender sent in the last minute, this included.
    pub(super) fn count(&self, sender: &str, now: Millis) -> usize {
        let mut people = self.people();
        if people.recent.len() >= MAX_SENDERS {
            people.recent.retain(|_, times| times.back().is_some_and(|last| now - last < MINUTE));
        }
        let times = people.recent.entry(sender.to_owned()).or_default();
        while times.front().is_some_and(|first| now - first >= MINUTE) || times.len() >= MAX_TIMES {
            times.pop_front();
        }
        times.push_back(now);
        times.len()
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MINUTE: Millis = 60_000;
/// Characters of a trouble that are kept.
const MAX_TROUBLE: usize = 500;
/// Senders whose rate is known.
const MAX_SENDERS: usize = 10_000;
/// Times that are kept of one sender.
const MAX_TIMES: usize = 1000;
