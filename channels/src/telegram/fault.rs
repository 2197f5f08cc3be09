//! What can go wrong in a call of the Bot API, and what that says about what Telegram did.

use std::time::Duration;

use crate::channel::ListenError;
use crate::outbound::{Failure, Retry, SendError};

/// Why a call has no result. No text in here holds the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call was never made: what it would send is wrong.
    Local(String),
    /// The server was not reached.
    Away(String),
    /// The request may have arrived, and nobody knows what became of it.
    Unknown(String),
    /// Something that is not the Bot API, a proxy for example, turned the request down.
    Strange(String),
    /// The Bot API said that it did nothing.
    Told(Told),
}

/// What the Bot API says when it did nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its error code, which is an HTTP status.
    pub(super) code: u16,
    /// Its words.
    pub(super) description: String,
    /// How many seconds it asks to wait.
    pub(super) retry_after: Option<u64>,
    /// Under which id the group goes on.
    pub(super) migrate_to: Option<i64>,
}

impl Told {
    /// Whether its words contain one of `phrases`, which are in small letters.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        let words = self.description.to_ascii_lowercase();
        phrases.iter().any(|phrase| words.contains(phrase))
    }

    /// Whether it could not read the markup.
    pub(super) fn markup(&self) -> bool {
        self.code == 400 && self.says(&["can't parse entities", "can't parse caption entities"])
    }

    /// Whether a picture is one only for us; it can still be sent as a file.
    pub(super) fn no_picture(&self) -> bool {
        self.code == 400 && self.says(NO_PICTURE)
    }

    fn failure(&self) -> (Failure, Retry) {
        match self.code {
            429 => (Failure::Limited, self.wait().map_or(Retry::Later, Retry::after)),
            500.. => (Failure::Away, self.wait().map_or(Retry::Later, Retry::after)),
            403 => (Failure::Gone, Retry::Never),
            _ if self.says(GONE) => (Failure::Gone, Retry::Never),
            _ => (Failure::Refused, Retry::Never),
        }
    }

    fn wait(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_secs)
    }
}

/// The conversation, the topic or the message is no longer there, or the bot is no longer in it.
const GONE: &[&str] = &[
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "bot was kicked",
    "bot is not a member",
    "group chat was deactivated",
    "group chat was upgraded",
    "user is deactivated",
    "topic_closed",
    "topic_deleted",
    "topic_id_invalid",
    "message thread not found",
    "message to edit not found",
    "message can't be edited",
    "message to react not found",
    "message to pin not found",
    "message to be replied not found",
    "message_id_invalid",
    "query is too old",
    "query id is invalid",
];

const NO_PICTURE: &[&str] =
    &["photo_invalid_dimensions", "image_process_failed", "photo_save_file_invalid", "photo_ext_invalid"];

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        let (failure, retry, text) = match fault {
            Fault::Local(text) | Fault::Strange(text) => (Failure::Refused, Retry::Never, text),
            Fault::Away(text) => (Failure::Away, Retry::Later, text),
            Fault::Unknown(text) => (Failure::Unknown, Retry::Never, text),
            Fault::Told(told) => {
                let (failure, retry) = told.failure();
                (failure, retry, format!("Telegram says: {}", told.description))
            }
        };
        Self { failure, retry, text }
    }
}

impl From<Fault> for ListenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Told(told) if matches!(told.code, 401 | 404) => Self::Refused(format!(
                "the token is not valid: Telegram says \"{}\"; take a fresh one from @BotFather",
                told.description
            )),
            Fault::Told(told) if told.code == 409 => Self::Conflict(format!(
                "another program polls with this bot's token; stop it, or give each its own bot (Telegram says: {})",
                told.description
            )),
            Fault::Told(told) => {
                Self::Lost { after: told.wait(), text: format!("Telegram says: {}", told.description) }
            }
            Fault::Local(text) | Fault::Away(text) | Fault::Unknown(text) | Fault::Strange(text) => {
                Self::Lost { text, after: None }
            }
        }
    }
}
