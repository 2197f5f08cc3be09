//! What goes out to a platform, what comes back, and why it failed.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::Ability;
use crate::inbound::Message;

/// One thing to do on a platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outbound {
    /// Where.
    pub to: Place,
    /// The same key means the same message, however often it is tried. At most 25 characters of `[0-9a-z-]`.
    pub key: String,
    /// The token of the command that this answers, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answering: Option<String>,
    /// What.
    pub action: Action,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The platform's id of the conversation.
    pub chat: String,
    /// The thread or topic within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Sends a text, in Markdown, that keeps to the channel's [`crate::TextRules`].
    Text {
        /// Markdown.
        text: String,
        /// The message that it answers to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
        /// Rows of buttons under it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<Vec<Button>>,
        /// Whether it makes no sound.
        #[serde(default)]
        silent: bool,
    },
    /// Replaces the text and the buttons of a message that the bot sent. No change counts as done.
    Edit {
        /// The message.
        message: String,
        /// Markdown.
        text: String,
        /// Rows of buttons under it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<Vec<Button>>,
    },
    /// Shows a long text with sections as cards, as one message within the limits of [`crate::text::CARDS`].
    Cards {
        /// Markdown above the cards that keeps to the channel's [`crate::TextRules`]; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        intro: String,
        /// The cards, one at least.
        cards: Vec<Card>,
        /// The message of the bot that becomes this one; without it a new one is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The message that a new one answers to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
        /// Whether a new one makes no sound.
        #[serde(default)]
        silent: bool,
    },
    /// Removes a message. One that is gone already counts as done.
    Delete {
        /// The message.
        message: String,
    },
    /// Reacts to a message; without an emoji the bot's reaction is taken back.
    React {
        /// The message.
        message: String,
        /// The emoji.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
    },
    /// Shows for some seconds that the bot is writing.
    Typing,
    /// Sends files, as one message where the platform can.
    Media {
        /// The files, at most ten.
        files: Vec<Media>,
        /// Markdown shown with them.
        #[serde(default)]
        caption: String,
        /// The message that it answers to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
        /// Whether it makes no sound.
        #[serde(default)]
        silent: bool,
    },
    /// Asks a poll.
    Poll(Poll),
    /// Pins a message or takes the pin away.
    Pin {
        /// The message.
        message: String,
        /// Whether it is to be pinned.
        pinned: bool,
    },
    /// Begins a thread or topic.
    Thread {
        /// Its title.
        title: String,
        /// The message that it starts from, where the platform can.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Reads earlier messages, newest last.
    Read {
        /// Only those before this message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// How many, at most 100.
        limit: u32,
    },
    /// Tells who pressed a button that it was noticed, with a few words if there are any.
    Answer {
        /// The token of the press.
        token: String,
        /// The words; empty: none.
        #[serde(default)]
        text: String,
        /// Whether the words have to be confirmed.
        #[serde(default)]
        alert: bool,
    },
    /// Fetches a file that came in. It appears under its path only when it is whole.
    Fetch {
        /// The platform's name for it.
        file: String,
        /// Where to put it.
        path: PathBuf,
        /// Most bytes.
        limit: u64,
    },
    /// Sets the menu of commands.
    Menu {
        /// Names without slash, and what each does.
        commands: Vec<(String, String)>,
    },
}

impl Action {
    /// Returns the ability that the action needs, if it needs one.
    pub fn needs(&self) -> Option<Ability> {
        Some(match self {
            Self::Text { buttons, .. } => return (!buttons.is_empty()).then_some(Ability::Buttons),
            Self::Answer { .. } => Ability::Buttons,
            Self::Edit { .. } => Ability::Edit,
            Self::Cards { .. } => Ability::Cards,
            Self::Delete { .. } => Ability::Delete,
            Self::React { .. } => Ability::React,
            Self::Typing => Ability::Typing,
            Self::Media { .. } | Self::Fetch { .. } => Ability::Media,
            Self::Poll(_) => Ability::Poll,
            Self::Pin { .. } => Ability::Pin,
            Self::Thread { .. } => Ability::Thread,
            Self::Read { .. } => Ability::Read,
            Self::Menu { .. } => Ability::Menu,
        })
    }
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    /// What is written on it.
    pub label: String,
    /// What a press carries, at most 64 bytes.
    pub data: String,
}

/// A section of a long text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Card {
    /// One line of Markdown; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Markdown; empty only under a title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// How it is shown.
    pub kind: MediaKind,
    /// Where it is on this machine.
    pub path: PathBuf,
    /// Its name for people.
    pub name: String,
}

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// As a picture.
    Photo,
    /// As a film.
    Video,
    /// As music.
    Audio,
    /// As a spoken message.
    Voice,
    /// As a file.
    Document,
}

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// The options, 2 to 10.
    pub options: Vec<String>,
    /// Whether several may be chosen.
    #[serde(default)]
    pub multiple: bool,
    /// Whether nobody sees who chose what.
    #[serde(default)]
    pub anonymous: bool,
    /// How long it is open, in seconds; without it as long as the platform keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// What a platform says of something it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Receipt {
    /// The message that came of it; of several the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The poll or the thread that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// What was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// What it did otherwise than asked, in plain words: markup was refused and the text sent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why something was not done, or why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
#[serde(rename_all = "camelCase")]
pub struct SendError {
    /// What kind of failure it is.
    pub failure: Failure,
    /// Whether trying again can help. Never for [`Failure::Unknown`] without [`Ability::SendOnce`].
    pub retry: Retry,
    /// What happened, in plain words and without a secret.
    pub text: String,
}

/// Says whether and when trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Retry {
    /// It cannot.
    Never,
    /// After a growing wait.
    Later,
    /// After the time that the platform named, in milliseconds.
    After(u64),
}

impl Retry {
    /// Returns a retry after the time that the platform named.
    pub fn after(time: Duration) -> Self {
        Self::After(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Failure {
    /// The platform cannot do that at all, or this channel cannot.
    Unsupported,
    /// The platform refused it.
    Refused,
    /// The conversation or the message is gone, or the bot was blocked or removed from it.
    Gone,
    /// Too many requests.
    Limited,
    /// The platform was not reached, or said that it failed: it did nothing.
    Away,
    /// The connection broke after the request was sent: it may have been done.
    Unknown,
}

impl SendError {
    /// Returns the error for an action that the channel has no ability for.
    pub fn unsupported(channel: &str, ability: Ability) -> Self {
        Self {
            failure: Failure::Unsupported,
            retry: Retry::Never,
            text: format!("{channel} cannot do this ({ability})"),
        }
    }
}
