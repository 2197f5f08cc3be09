//! The trait of a chat platform, and the inbox that a platform fills.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use enumset::{EnumSet, EnumSetType};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::inbound::{Bot, Inbound};
use crate::outbound::{Outbound, Receipt, SendError};

/// One account on a chat platform.
///
/// What a platform cannot do is an absent [`Ability`]; asking for it all the same is a [`SendError`] that is never
/// retried. No method has a default that pretends.
#[async_trait]
pub trait Channel: Send + Sync + Debug + 'static {
    /// Returns the platform's name, for example `telegram`: the first part of addresses and session keys.
    fn name(&self) -> &str;

    /// Returns what the platform can do and how it wants its text.
    fn traits(&self) -> Traits;

    /// Runs one connection: fills `inbox` until `stop` is cancelled (`Ok`) or the connection fails.
    ///
    /// Nothing is acknowledged to the platform before [`Inbox::store`] has returned. When this ends, the
    /// supervisor alone decides whether and when the next connection begins; dropping the future at any await
    /// must be safe.
    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError>;

    /// Does one thing on the platform, once; never retries by itself.
    ///
    /// It works whether or not [`Channel::listen`] runs, except for a channel in another process, which runs only
    /// then and is away otherwise. The error says whether the platform may have done it.
    async fn send(&self, message: Outbound) -> Result<Receipt, SendError>;
}

/// What a platform can do besides receiving and sending text.
#[derive(Debug, EnumSetType, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[enumset(serialize_repr = "list")]
pub enum Ability {
    /// Change a message that it sent.
    Edit,
    /// Remove a message that it sent.
    Delete,
    /// React to a message.
    React,
    /// Show that it is writing.
    Typing,
    /// Send files, pictures, voice.
    Media,
    /// Buttons under a message.
    Buttons,
    /// Ask a poll.
    Poll,
    /// Pin a message.
    Pin,
    /// Begin a thread or topic.
    Thread,
    /// Read earlier messages.
    Read,
    /// A menu of commands that the platform shows.
    Menu,
    /// Show a long text with sections as cards.
    Cards,
    /// Sending twice with the same [`Outbound::key`] within a few minutes makes one message, so that a send
    /// whose fate is unknown may be repeated.
    SendOnce,
}

/// What a platform can do and how it wants its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Traits {
    /// What it can do.
    pub abilities: EnumSet<Ability>,
    /// How long a text may be.
    pub text: TextRules,
    /// Largest file that [`crate::Action::Fetch`] gets, in bytes.
    pub max_download: u64,
    /// Largest file that can be sent, in bytes.
    pub max_upload: u64,
}

/// How long one message's text may be; longer ones are split before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextRules {
    /// Most units.
    pub max: usize,
    /// What is counted.
    pub unit: Unit,
    /// Most lines, if the platform folds longer messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<usize>,
    /// Least time between two edits of the same message.
    #[serde(rename = "editIntervalMs", with = "millis")]
    pub edit_interval: Duration,
}

/// What a platform counts when it limits text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// UTF-16 code units (Telegram).
    Utf16,
    /// Unicode code points (Discord).
    CodePoints,
    /// Bytes of UTF-8.
    Bytes,
}

/// Where a channel puts what it hears. Clones share it.
#[derive(Clone, Debug)]
pub struct Inbox(Arc<dyn Journal>);

/// The far side of an [`Inbox`]: whoever keeps what a channel hears.
#[async_trait]
pub trait Journal: Send + Sync + Debug + 'static {
    /// Stores a batch and, with it, how far the channel has come. Returns once both are on the disk; what was
    /// stored before, by its [`Inbound::id`], is left out without an error.
    async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError>;

    /// Returns the last cursor that was stored.
    fn cursor(&self) -> Option<String>;

    /// Notes that the platform has just answered a poll or a heartbeat, and within what time it is to answer the
    /// next one: later than that it no longer counts as connected.
    fn alive(&self, next: Duration);

    /// Notes who the bot is on the platform.
    fn identify(&self, bot: Bot);

    /// Notes, in plain words, a trouble that does not end the connection.
    fn trouble(&self, text: &str);
}

impl Inbox {
    /// Wraps a journal.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self(journal)
    }

    /// Stores a batch and, with it, how far the channel has come; see [`Journal::store`].
    pub async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError> {
        self.0.store(batch, cursor).await
    }

    /// Returns the last cursor that was stored: an update offset, or what a resume needs, as the channel wrote it.
    pub fn cursor(&self) -> Option<String> {
        self.0.cursor()
    }

    /// Notes a completed poll or an acknowledged heartbeat, and within what time the next one is due. Nothing else may
    /// refresh a channel's liveness.
    pub fn alive(&self, next: Duration) {
        self.0.alive(next);
    }

    /// Notes who the bot is on the platform.
    pub fn identify(&self, bot: Bot) {
        self.0.identify(bot);
    }

    /// Notes, in plain words, a trouble that does not end the connection.
    pub fn trouble(&self, text: &str) {
        self.0.trouble(text);
    }
}

/// Why something was not kept. The channel ends its connection and acknowledges nothing.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be stored: {0}")]
pub struct JournalError(pub String);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The account cannot work until somebody changes something: a wrong token, a missing intent.
    #[error("{0}")]
    Refused(String),
    /// Somebody else uses the account at the same time.
    #[error("{0}")]
    Conflict(String),
    /// The platform is away or the connection broke; the next one may work. The time, if the platform named one.
    #[error("{text}")]
    Lost {
        /// What happened, in plain words and without a secret.
        text: String,
        /// How long the platform asked to wait.
        after: Option<Duration>,
    },
    /// What came could not be stored.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

mod millis {
    //! Durations as milliseconds.
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
