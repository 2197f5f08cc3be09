//! The far end of Telegram's webhook: proves who posts and journals what came, one post after the other.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use schemas::clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc;

use super::OptionsError;
use super::update::{self, update_to_inbound};
use crate::channel::{Inbox, JournalError};
use crate::feed::{Feed, FeedError};
use crate::inbound::Bot;

/// Where Telegram is to post what comes, instead of being asked for it.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The address as Telegram reaches it.
    pub url: String,
    /// What Telegram shows with each post; without it one is made.
    pub secret: Option<SecretString>,
}

/// The webhook of one bot.
pub(super) struct Hook {
    url: String,
    secret: SecretString,
    clock: Clock,
    ear: Mutex<Option<Arc<Ear>>>,
    /// One post is journalled at a time, so that their order stays.
    turn: tokio::sync::Mutex<()>,
    taken: AtomicU64,
}

/// Who hears what is posted, while the channel is connected.
#[derive(Debug)]
struct Ear {
    inbox: Inbox,
    bot: Bot,
    /// Told when something could not be stored.
    failed: mpsc::Sender<JournalError>,
}

/// The time in which posts are taken; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Open<'a> {
    hook: &'a Hook,
    failed: mpsc::Receiver<JournalError>,
}

impl Open<'_> {
    /// Waits; ends at once with the error when something cannot be stored, as polling would.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<(), JournalError> {
        match tokio::time::timeout(time, self.failed.recv()).await {
            Ok(Some(error)) => Err(error),
            Ok(None) | Err(_) => Ok(()),
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.hook.ear() = None;
    }
}

impl Hook {
    /// Takes a webhook's settings; refuses what Telegram would.
    pub(super) fn new(webhook: Webhook, clock: Clock) -> Result<Self, OptionsError> {
        let url = Url::parse(&webhook.url).map_err(|_| OptionsError::WebhookUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.fragment().is_some() {
            return Err(OptionsError::WebhookUrl);
        }
        let secret = match webhook.secret {
            Some(secret) => secret,
            None => fresh()?,
        };
        let text = secret.expose_secret();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&text.len()) || !text.bytes().all(fits) {
            return Err(OptionsError::WebhookSecret);
        }
        let (ear, turn, taken) = (Mutex::default(), tokio::sync::Mutex::default(), AtomicU64::new(0));
        Ok(Self { url: webhook.url, secret, clock, ear, turn, taken })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Returns how many posts were journalled so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes posts from now on.
    pub(super) fn open(&self, inbox: Inbox, bot: Bot) -> Open<'_> {
        let (failed, failures) = mpsc::channel(1);
        *self.ear() = Some(Arc::new(Ear { inbox, bot, failed }));
        Open { hook: self, failed: failures }
    }

    fn ear(&self) -> MutexGuard<'_, Option<Arc<Ear>>> {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Feed for Hook {
    fn header(&self) -> &'static str {
        "x-telegram-bot-api-secret-token"
    }

    fn proves(&self, value: &[u8]) -> bool {
        self.secret().as_bytes().ct_eq(value).into()
    }

    async fn take(&self, body: &[u8]) -> Result<(), FeedError> {
        let unreadable = |error: &dyn fmt::Display| FeedError::Unreadable(error.to_string());
        let posted: Value = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        let number = update::number(&posted).map_err(|error| unreadable(&error))?;
        let _turn = self.turn.lock().await;
        let Some(ear) = self.ear().clone() else { return Err(FeedError::Closed) };
        let batch = match update_to_inbound(&posted, &ear.bot, self.clock.now()) {
            Ok(told) => told,
            Err(error) => {
                ear.inbox.trouble(&error.to_string());
                Vec::new()
            }
        };
        // Should the bot be polled for again, this is where that goes on.
        let stored = ear.inbox.store(batch, Some(number.saturating_add(1).to_string())).await;
        if let Err(error) = stored {
            // Room for one is enough: the connection ends with the first.
            let _ = ear.failed.try_send(JournalError(error.0.clone()));
            return Err(error.into());
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// The secret stays out of it.
impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Makes a secret that nobody guesses.
fn fresh() -> Result<SecretString, OptionsError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| OptionsError::WebhookSecret)?;
    Ok(hex::encode(bytes).into())
}

/// Fewer characters can be guessed.
const SHORTEST_SECRET: usize = 16;
/// More characters Telegram does not take.
const LONGEST_SECRET: usize = 256;
