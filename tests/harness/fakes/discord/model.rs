//! What the fake knows: people, servers, channels, messages, interactions. Plain records without behaviour.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The id of anything on Discord; ids made later are greater. Written as a decimal string in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

/// A person or the bot.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: Id,
    /// What people see.
    pub(super) name: String,
    pub(super) bot: bool,
    /// Whether the bot cannot write to them: they blocked it or closed their direct messages.
    pub(super) closed: bool,
}

/// A server, as people call it.
#[derive(Clone, Debug)]
pub(super) struct Guild {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) owner: Id,
    pub(super) roles: Vec<Role>,
    pub(super) members: Vec<Member>,
}

/// Somebody in a server.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) user: Id,
    pub(super) nick: Option<String>,
    pub(super) roles: Vec<Id>,
    /// When they joined, in milliseconds since 1970.
    pub(super) joined: u64,
}

/// A role of a server.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) mentionable: bool,
}

/// The kinds of channels that the fake knows, by Discord's numbers.
pub(super) mod kind {
    pub(in super::super) const TEXT: u8 = 0;
    pub(in super::super) const DM: u8 = 1;
    pub(in super::super) const PUBLIC_THREAD: u8 = 11;
    pub(in super::super) const PRIVATE_THREAD: u8 = 12;
    pub(in super::super) const FORUM: u8 = 15;
}

/// A place where messages are.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) id: Id,
    /// One of [`kind`].
    pub(super) kind: u8,
    pub(super) guild: Option<Id>,
    /// Where a thread hangs.
    pub(super) parent: Option<Id>,
    pub(super) name: String,
    pub(super) topic: Option<String>,
    /// With whom a direct conversation is.
    pub(super) person: Option<Id>,
    pub(super) last: Option<Id>,
    pub(super) access: Access,
    pub(super) thread: Option<Thread>,
}

impl Channel {
    pub(super) fn is_thread(&self) -> bool {
        self.thread.is_some()
    }
}

/// What makes a channel a thread.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) owner: Id,
    pub(super) archived: bool,
    pub(super) locked: bool,
    /// Minutes without a message until Discord puts it away.
    pub(super) archive_after: u64,
    pub(super) created: u64,
    pub(super) members: Vec<Id>,
}

/// What the bot may do in a channel of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    All,
    /// Everything but embeds (error 50013).
    NoEmbeds,
    /// Read it, but not write (error 50013).
    Read,
    /// Not even see it (error 50001).
    Nothing,
}

impl Access {
    /// Says whether the bot may write there.
    pub(super) fn may_write(self) -> bool {
        matches!(self, Self::All | Self::NoEmbeds)
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: Id,
    pub(super) channel: Id,
    pub(super) guild: Option<Id>,
    pub(super) author: Id,
    /// Discord's number: 0 plain, 6 pinned, 18 thread made, 19 reply, 20 answer to a command, 21 start of a thread.
    pub(super) kind: u8,
    pub(super) content: String,
    /// Milliseconds since 1970.
    pub(super) at: u64,
    pub(super) edited: Option<u64>,
    pub(super) reference: Option<(Id, Id)>,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) reactions: Vec<Reaction>,
    pub(super) flags: u64,
    pub(super) nonce: Option<Value>,
    pub(super) pings: Pings,
    /// As the bot sent it.
    pub(super) allowed_mentions: Option<Value>,
    pub(super) poll: Option<Poll>,
    /// When it was pinned, in milliseconds since 1970.
    pub(super) pinned: Option<u64>,
    pub(super) thread: Option<Id>,
    pub(super) interaction: Option<Id>,
    /// An answer that only this person sees.
    pub(super) only_for: Option<Id>,
    /// What it said before each edit.
    pub(super) earlier: Vec<String>,
}

/// The flags of a message that the fake acts upon.
pub(super) mod flag {
    pub(in super::super) const HAS_THREAD: u64 = 1 << 5;
    pub(in super::super) const EPHEMERAL: u64 = 1 << 6;
    pub(in super::super) const LOADING: u64 = 1 << 7;
    pub(in super::super) const VOICE: u64 = 1 << 13;
}

/// Who is told of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pings {
    pub(super) everyone: bool,
    pub(super) users: Vec<Id>,
    pub(super) roles: Vec<Id>,
}

/// A file of a message.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: bytes::Bytes,
    /// What else the sender said of it: `description`, `duration_secs`, `waveform`.
    pub(super) more: serde_json::Map<String, Value>,
}

/// An emoji under a message.
#[derive(Clone, Debug)]
pub(super) struct Reaction {
    /// As in the path: the emoji itself, or `name:id`.
    pub(super) emoji: String,
    pub(super) users: Vec<Id>,
}

/// A question with answers to choose from.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    pub(super) question: Value,
    pub(super) answers: Vec<Value>,
    pub(super) multiple: bool,
    /// When it closes, in milliseconds since 1970.
    pub(super) expiry: u64,
    /// Who chose which answer, from 1.
    pub(super) votes: Vec<(Id, u64)>,
}

/// A slash command or a pressed button that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Interaction {
    pub(super) id: Id,
    pub(super) token: String,
    /// 2 command, 3 component, 4 autocomplete, 5 modal.
    pub(super) kind: u8,
    /// The command's name or the component's `custom_id`.
    pub(super) name: String,
    pub(super) user: Id,
    pub(super) channel: Id,
    pub(super) message: Option<Id>,
    pub(super) at: Duration,
    /// The type of the callback, and when it came.
    pub(super) answered: Option<(u8, Duration)>,
    /// What a callback without a message carried (modal, choices).
    pub(super) said: Option<Value>,
    /// The message that `@original` means.
    pub(super) response: Option<Id>,
}
