//! Telegram, through its Bot API: long polling or a webhook in, calls out.
//!
//! What came is stored before the next poll confirms it to Telegram. A call is made once; only where the Bot API
//! itself says that it did nothing is it made again in another way (see [`send`]).

mod actions;
mod api;
mod call;
mod fault;
mod fetch;
mod hook;
mod markup;
mod media;
mod poll;
mod send;
mod text;
pub mod update;
mod webhook;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use enumset::EnumSet;
use schemas::clock::Clock;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::channel::{Ability, Channel, Inbox, ListenError, TextRules, Traits, Unit};
use crate::feed::Feed;
use crate::outbound::{Action, Outbound, Receipt, SendError};
use api::Api;
use hook::Hook;

pub use api::OptionsError;
pub use hook::Webhook;

/// The platform's name.
pub const NAME: &str = "telegram";

/// What an account needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account's name on this gateway.
    pub account: String,
    /// The bot's token, as `@BotFather` gave it.
    pub token: SecretString,
    /// What stands before `/bot<token>/`; without it `https://api.telegram.org`.
    pub api_root: Option<String>,
    /// Where Telegram is to post what comes; without it the channel polls.
    pub webhook: Option<Webhook>,
    /// Makes the requests; see [`crate::client`].
    pub client: reqwest::Client,
}

/// How long the channel waits.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long Telegram may hold a poll open, and how often a webhook is looked after; 25 to 50 s suit it.
    pub poll: Duration,
    /// How long after that a poll counts as dead, and any other question that is answered at once.
    pub slack: Duration,
    /// How long any other call may take; uploads get more by their size.
    pub call: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { poll: Duration::from_secs(30), slack: Duration::from_secs(15), call: Duration::from_secs(30) }
    }
}

impl Pace {
    /// Returns within what time of a poll's answer the next one is due, with a moment for what lies between.
    fn next_sign(&self) -> Duration {
        self.poll + self.slack + Duration::from_secs(3)
    }
}

/// One bot on Telegram.
#[derive(Debug)]
pub struct Telegram {
    account: String,
    api: Api,
    hook: Option<Arc<Hook>>,
    pace: Pace,
    clock: Clock,
}

impl Telegram {
    /// Builds the channel; nothing is sent yet.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let root = options.api_root.as_deref().unwrap_or("https://api.telegram.org");
        let api = Api::new(root, options.token, options.client)?;
        let clock = Clock::system();
        let hook = options.webhook.map(|webhook| Hook::new(webhook, clock.clone())).transpose()?;
        Ok(Self { account: options.account, api, hook: hook.map(Arc::new), pace: Pace::default(), clock })
    }

    /// Returns the same channel with other waits.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Returns where Telegram's posts are handed in, if it is to post.
    pub fn feed(&self) -> Option<Arc<dyn Feed>> {
        self.hook.clone().map(|hook| hook as _)
    }

    /// Returns the account's name on this gateway.
    pub fn account(&self) -> &str {
        &self.account
    }
}

#[async_trait]
impl Channel for Telegram {
    fn name(&self) -> &str {
        NAME
    }

    fn traits(&self) -> Traits {
        let all = EnumSet::all();
        Traits {
            abilities: all - (Ability::Read | Ability::Cards | Ability::SendOnce),
            text: TextRules {
                // Telegram's limit is 4096; the rest is for what the renderer adds, such as a link's address.
                max: 4000,
                unit: Unit::Utf16,
                max_lines: None,
                edit_interval: Duration::from_secs(1),
            },
            max_download: fetch::LARGEST,
            max_upload: media::LARGEST,
        }
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let connection = async {
            match &self.hook {
                Some(hook) => webhook::run(self, hook, &inbox).await,
                None => poll::run(self, &inbox).await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            ended = connection => ended,
        }
    }

    async fn send(&self, message: Outbound) -> Result<Receipt, SendError> {
        let Outbound { to, action, .. } = message;
        match action {
            Action::Text { text, reply_to, buttons, silent } => {
                text::post(self, &to, &text, reply_to.as_deref(), &buttons, silent).await
            }
            Action::Edit { message, text, buttons } => text::edit(self, &to, &message, &text, &buttons).await,
            Action::Media { files, caption, reply_to, silent } => {
                media::post(self, &to, &files, &caption, reply_to.as_deref(), silent).await
            }
            Action::Delete { message } => actions::delete(self, &to, &message).await,
            Action::React { message, emoji } => actions::react(self, &to, &message, emoji.as_deref()).await,
            Action::Typing => actions::typing(self, &to).await,
            Action::Poll(poll) => actions::poll(self, &to, &poll).await,
            Action::Pin { message, pinned } => actions::pin(self, &to, &message, pinned).await,
            Action::Thread { title, .. } => actions::thread(self, &to, &title).await,
            Action::Answer { token, text, alert } => actions::answer(self, &token, &text, alert).await,
            Action::Menu { commands } => actions::menu(self, &commands).await,
            Action::Fetch { file, path, limit } => fetch::fetch(self, &file, &path, limit).await,
            Action::Read { .. } => Err(SendError::unsupported(NAME, Ability::Read)),
            Action::Cards { .. } => Err(SendError::unsupported(NAME, Ability::Cards)),
        }
    }
}
