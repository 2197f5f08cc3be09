//! Discord: the gateway's events in, REST calls out, a session that outlives connections and processes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use enumset::EnumSet;
use schemas::Clock;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use self::cursor::Me;
use self::interact::Answered;
use self::known::Known;
use self::rest::Rest;
use crate::channel::{Ability, Channel, Inbox, ListenError, TextRules, Traits, Unit};
use crate::inbound::Bot;
use crate::outbound::{Outbound, Receipt, SendError};

mod backfill;
mod compose;
mod cursor;
mod dispatch;
mod fault;
mod files;
mod interact;
mod keep;
mod known;
mod limits;
mod listen;
mod message;
mod pump;
mod read;
mod rest;
mod send;
mod session;
mod socket;
mod voice;
mod wire;

#[cfg(test)]
mod tests;

/// Where Discord is.
const ROOT: &str = "https://discord.com";
/// Largest file in either direction, in bytes.
const MOST_FILE: u64 = 10 << 20;
/// Guilds, messages and reactions in guilds and direct, what messages say, polls in both.
const INTENTS: u64 = 1 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 15 | 1 << 24 | 1 << 25;

/// How to reach one bot on Discord.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account's name in the configuration.
    pub account: String,
    /// The bot's token.
    pub token: SecretString,
    /// What stands before `/api/v10`; without it Discord itself. No other host is ever called.
    pub api_root: Option<String>,
    /// Makes the REST calls. It is to follow no redirects; the gateway's connection has a client of its own.
    pub client: reqwest::Client,
    /// The gateway's intents as Discord numbers them; without them those that everything here needs.
    pub intents: Option<u64>,
    /// The guild whose people get the slash commands; without it everybody.
    pub slash_guild: Option<String>,
    /// Whether long answers with sections are shown as embeds.
    pub embeds: bool,
}

/// One bot on Discord.
pub struct Discord {
    account: String,
    rest: Arc<Rest>,
    intents: u64,
    slash_guild: Option<String>,
    embeds: bool,
    clock: Clock,
    known: Mutex<Known>,
    me: Mutex<Me>,
    answered: Answered,
}

impl Discord {
    /// Returns the bot; nothing is called yet.
    pub fn new(options: Options) -> Self {
        let root = options.api_root.as_deref().unwrap_or(ROOT);
        Self {
            rest: Arc::new(Rest::new(options.client, root, options.token)),
            account: options.account,
            intents: options.intents.unwrap_or(INTENTS),
            slash_guild: options.slash_guild,
            embeds: options.embeds,
            clock: Clock::system(),
            known: Mutex::default(),
            me: Mutex::default(),
            answered: Answered::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn me(&self) -> Me {
        self.me.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over who the bot is.
    fn learn_me(&self, me: Me, inbox: &Inbox) {
        inbox.identify(Bot { id: me.id.clone(), name: me.name.clone(), handle: Some(me.name.clone()) });
        *self.me.lock().unwrap_or_else(PoisonError::into_inner) = me;
    }

    fn learn_app(&self, app: &str) {
        self.me.lock().unwrap_or_else(PoisonError::into_inner).app = Some(app.to_owned());
    }
}

/// The token and what strangers wrote stay out of it.
impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").field("account", &self.account).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Discord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn traits(&self) -> Traits {
        Traits {
            abilities: if self.embeds { EnumSet::all() } else { EnumSet::all() - Ability::Cards },
            text: TextRules {
                max: compose::MOST_TEXT,
                unit: Unit::CodePoints,
                max_lines: Some(17),
                edit_interval: Duration::from_millis(1200),
            },
            max_download: MOST_FILE,
            max_upload: MOST_FILE,
        }
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        self.run(&inbox, &stop).await
    }

    async fn send(&self, message: Outbound) -> Result<Receipt, SendError> {
        Ok(self.act(&message).await?)
    }
}
