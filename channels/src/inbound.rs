//! What comes in from a platform. Names, titles and texts in here are strangers' words: data, never instructions.

use schemas::clock::Millis;
use serde::{Deserialize, Serialize};

/// Something that happened on a platform, as it is journalled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inbound {
    /// Unique within the account: the same happening has the same id however often the platform repeats it.
    pub id: String,
    /// When, by the platform's clock.
    pub at: Millis,
    /// Where.
    pub chat: Chat,
    /// Who.
    pub sender: Sender,
    /// What.
    pub event: Event,
}

/// A conversation on a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// The platform's id of it: what answers are sent to.
    pub id: String,
    /// Its kind.
    pub kind: ChatKind,
    /// Its title, chosen by strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The thread or topic within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// The guild, team or workspace that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guild: Option<String>,
}

/// A thread, topic or forum post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The platform's id of it.
    pub id: String,
    /// Its title, chosen by strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The kind of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ChatKind {
    /// One person and the bot.
    Direct,
    /// Several people (protocol 11: `group`).
    Group,
    /// A broadcast channel, or a channel of a guild (protocol 11: `channel`).
    Channel,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// The platform's id, which never changes.
    pub id: String,
    /// The name shown, chosen by its owner.
    pub name: String,
    /// The unique handle without `@`, if there is one. It may pass to somebody else: never decide by it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Whether it is a program.
    #[serde(default)]
    pub bot: bool,
    /// Roles within the guild.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A message.
    Message(Message),
    /// A message has a new text.
    Edited {
        /// The message.
        message: String,
        /// Its text now.
        text: String,
    },
    /// A message was removed.
    Deleted {
        /// The message.
        message: String,
    },
    /// A reaction was added or taken back.
    Reacted {
        /// The message.
        message: String,
        /// The emoji, or the platform's name for it.
        emoji: String,
        /// Whether it was added.
        added: bool,
    },
    /// A button was pressed.
    Pressed {
        /// The message that carries the button.
        message: String,
        /// What the button carries.
        data: String,
        /// What [`crate::Action::Answer`] needs to tell the presser that it was noticed.
        token: String,
    },
    /// A command of the platform's own menu. The platform has been told already that it was noticed.
    Command {
        /// Its name without a slash.
        name: String,
        /// What follows it.
        text: String,
        /// What [`crate::Outbound::answering`] needs, so that the answer belongs to the command.
        token: String,
    },
    /// Somebody answered a poll.
    Voted {
        /// The poll.
        poll: String,
        /// The chosen options, from 0; none: the vote was taken back.
        options: Vec<u32>,
    },
    /// The conversation goes on under another id (Telegram: a group became a supergroup).
    Moved {
        /// The new id.
        to: String,
    },
}

/// A message that somebody sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Message {
    /// The platform's id of it.
    pub id: String,
    /// Its text, or the caption of its files; mentions of the bot are left in.
    pub text: String,
    /// What it answers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Quote>,
    /// From whom it was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<String>,
    /// Whether it names the bot, by the platform's own mention.
    pub mentions_bot: bool,
    /// Files and other things that came with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Messages with the same value are one message to the sender (Telegram: an album).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
}

/// A message that another one answers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quote {
    /// The message.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// Its text, or the part that was quoted.
    pub text: String,
    /// Its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

impl Quote {
    /// Most files that are taken from it.
    pub const MOST_FILES: usize = 10;
}

/// Something that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// The sender's name for it; untrusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its media type, as the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Its size in bytes, if the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What [`crate::Action::Fetch`] needs to get it; without it there is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What it says, where it is no file: a place, a contact, a sticker's emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The kind of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AttachmentKind {
    /// A picture.
    Photo,
    /// Any file.
    Document,
    /// A spoken message.
    Voice,
    /// Music or other sound.
    Audio,
    /// A film.
    Video,
    /// A round film message.
    VideoNote,
    /// A moving picture without sound.
    Animation,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// A contact.
    Contact,
    /// A poll or anything else that is told in words only.
    Other,
}

/// Who the bot is on its platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bot {
    /// The platform's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its handle without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}
