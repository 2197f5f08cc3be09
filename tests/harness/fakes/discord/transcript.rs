//! What the fake received, in order, and what people see of it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::model::Id;

/// Something that the bot sent.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Received {
    /// A REST call.
    Rest(Call),
    /// A frame on the gateway.
    Frame {
        /// When, since the start of the fake.
        #[serde(serialize_with = "millis")]
        at: Duration,
        /// Which connection, counted from 1.
        connection: u64,
        /// Its opcode, if it could be read.
        op: Option<u64>,
        /// Its data; tokens are left out.
        data: Value,
    },
    /// A connection to the gateway began.
    Opened {
        /// When, since the start of the fake.
        #[serde(serialize_with = "millis")]
        at: Duration,
        /// Which, counted from 1.
        connection: u64,
        /// Path and query, for example `/?v=10&encoding=json`.
        path: String,
    },
    /// A connection to the gateway ended.
    Ended {
        /// When, since the start of the fake.
        #[serde(serialize_with = "millis")]
        at: Duration,
        /// Which, counted from 1.
        connection: u64,
        /// The code that the client closed with, if it did.
        code: Option<u16>,
    },
}

/// A REST call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// When it came, since the start of the fake.
    #[serde(serialize_with = "millis")]
    pub at: Duration,
    /// `GET`, `POST` …
    pub method: String,
    /// Its path with query, without `/api/v10`.
    pub path: String,
    /// The route that it took, for example `/channels/{channel}/messages`; empty when there is none.
    pub route: String,
    /// Its body as JSON: of a form with files the part `payload_json`.
    pub body: Value,
    /// Names and sizes of the files that came with it.
    pub files: Vec<(String, usize)>,
    /// The status of the answer; none while it is on its way or when it was cut.
    pub status: Option<u16>,
    /// What went wrong by plan.
    pub fault: Option<String>,
}

/// The list of what was received.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    pub(super) list: Vec<Received>,
    /// How many were forgotten before the first of the list.
    forgotten: usize,
}

impl Transcript {
    /// Adds a call. Returns its number for [`Transcript::answered`].
    pub(super) fn call(&mut self, call: Call) -> usize {
        self.list.push(Received::Rest(call));
        self.forgotten + self.list.len() - 1
    }

    pub(super) fn answered(&mut self, number: usize, status: u16) {
        let at = number.checked_sub(self.forgotten);
        if let Some(Received::Rest(call)) = at.and_then(|at| self.list.get_mut(at)) {
            call.status = Some(status);
        }
    }

    pub(super) fn frame(&mut self, at: Duration, connection: u64, op: Option<u64>, data: &Value) {
        let mut data = data.clone();
        if let Some(fields) = data.as_object_mut() {
            fields.remove("token");
        }
        self.list.push(Received::Frame { at, connection, op, data });
    }

    /// Forgets everything, so that a long run does not grow.
    pub(super) fn forget(&mut self) {
        self.forgotten += self.list.len();
        self.list = Vec::new();
    }
}

/// A message as people see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Its id.
    pub id: Id,
    /// Who wrote it.
    pub author: Id,
    /// Their name.
    pub name: String,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// Discord's number of its kind: 0 plain, 19 reply, 20 answer to a command.
    pub kind: u8,
    /// What it says now.
    pub text: String,
    /// What it said before each edit.
    pub earlier: Vec<String>,
    /// The message that it answers to.
    pub reply_to: Option<Id>,
    /// Names, types and contents of its files.
    pub files: Vec<SeenFile>,
    /// Its embeds, as Discord keeps them: as sent, with a type.
    pub embeds: Vec<Value>,
    /// Its buttons and menus, as Discord keeps them: as sent, with numbers.
    pub components: Vec<Value>,
    /// Emoji and who chose them.
    pub reactions: Vec<(String, Vec<Id>)>,
    /// Its poll, as Discord shows it.
    pub poll: Option<Value>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Discord's flags: 64 only for one person, 128 "thinking…", 4096 silent.
    pub flags: u64,
    /// Whether it still shows "thinking…".
    pub thinking: bool,
    /// The only person who sees it.
    pub only_for: Option<Id>,
    /// Whom it told, `everyone` among them.
    pub pings: Vec<String>,
    /// What the sender said about mentions.
    pub allowed_mentions: Option<Value>,
    /// The sender's own mark.
    pub nonce: Option<Value>,
}

/// A file as people see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// What else its sender said of it: `description`, `duration_secs`, `waveform`.
    pub more: serde_json::Map<String, Value>,
    /// Its content.
    #[serde(serialize_with = "size")]
    pub bytes: bytes::Bytes,
}

/// A slash command or a pressed button, and how long the bot took.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// The interaction.
    pub id: Id,
    /// The command's name or the component's `custom_id`.
    pub name: String,
    /// The type of the first answer: 4 message, 5 "thinking…", 6 noticed, 7 changed message.
    pub callback: Option<u8>,
    /// From the event to the first answer.
    #[serde(serialize_with = "some_millis")]
    pub latency: Option<Duration>,
}

fn size<S: serde::Serializer>(bytes: &bytes::Bytes, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_u64(bytes.len() as u64)
}

/// Writes a time in milliseconds.
fn millis<S: serde::Serializer>(time: &Duration, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_f64(time.as_secs_f64() * 1000.0)
}

#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn some_millis<S: serde::Serializer>(time: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64() * 1000.0).serialize(out)
}
