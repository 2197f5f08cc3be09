//! What the platform received, call by call, and what people see of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::faults::Fault;
use super::params::Params;

/// One call of a bot, or one delivery to its webhook (`webhook` is then the method).
#[derive(Clone, Debug)]
pub struct Call {
    /// Its place among all calls, from 0.
    pub index: u64,
    /// When it came, since the platform started.
    pub at: Duration,
    /// When it was answered.
    pub answered: Option<Duration>,
    /// Whose it was: the bot's place among the tokens.
    pub bot: usize,
    /// The method as documented, whatever case the call used.
    pub method: String,
    /// The parameters as text, JSON values as JSON.
    pub params: BTreeMap<String, String>,
    /// Names and sizes of uploaded files by the name of their part.
    pub files: BTreeMap<String, (String, usize)>,
    /// The fault that was injected.
    pub fault: Option<Fault>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is still waiting.
    Pending,
    /// It was carried out and answered.
    Done(Value),
    /// It was refused with this status and description.
    Refused(u16, String),
    /// It was carried out, or not, and no answer of the API arrived.
    Lost {
        /// Whether it was carried out.
        effect: bool,
    },
    /// The bot hung up before the answer.
    Gone,
}

impl Call {
    pub(super) fn new(index: u64, at: Duration, bot: usize, method: &str, params: &Params) -> Self {
        let files = params.files.iter();
        Self {
            index,
            at,
            answered: None,
            bot,
            method: method.to_owned(),
            params: params.values.clone(),
            files: files.map(|(part, file)| (part.clone(), (file.name.clone(), file.bytes.len()))).collect(),
            fault: None,
            outcome: Outcome::Pending,
        }
    }

    /// Returns a parameter's text; an absent one is empty.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Returns a parameter as a number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.param(name).parse().ok()
    }

    /// Returns a parameter as JSON; null when it is absent or no JSON.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(self.param(name)).unwrap_or(Value::Null)
    }

    /// Returns whether the platform carried it out, whatever the bot was told.
    pub fn took_effect(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_) | Outcome::Lost { effect: true })
    }

    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        let outcome = match &self.outcome {
            Outcome::Pending => json!({ "pending": true }),
            Outcome::Done(result) => json!({ "result": result }),
            Outcome::Refused(code, text) => json!({ "error_code": code, "description": text }),
            Outcome::Lost { effect } => json!({ "lost": true, "effect": effect }),
            Outcome::Gone => json!({ "gone": true }),
        };
        json!({
            "index": self.index, "at_ms": millis(self.at), "answered_ms": self.answered.map(millis),
            "bot": self.bot, "method": self.method, "params": self.params, "files": self.files,
            "fault": self.fault.map(Fault::name), "outcome": outcome,
        })
    }
}

/// A message as people see it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its id within the chat.
    pub id: i64,
    /// Whether a bot wrote it.
    pub from_bot: bool,
    /// Who wrote it: a person's or bot's id, or the chat's in a channel.
    pub from: i64,
    /// Its text or caption, markup resolved.
    pub text: String,
    /// Its entities, as the API gives them.
    pub entities: Vec<Value>,
    /// `text`, `photo`, `document`, …, or the name of a service message.
    pub kind: String,
    /// The message that it answers to.
    pub reply_to: Option<i64>,
    /// The topic that it stands in.
    pub topic: Option<i64>,
    /// The album that it is part of.
    pub album: Option<String>,
    /// Every text it has had before, oldest first.
    pub earlier: Vec<String>,
    /// Rows of buttons: label and data (or address).
    pub buttons: Vec<Vec<(String, String)>>,
    /// Emoji by the id of who reacted.
    pub reactions: BTreeMap<i64, Vec<String>>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it made a sound.
    pub silent: bool,
    /// When it was sent, since the platform started.
    pub at: Duration,
    /// The API's own object.
    pub raw: Value,
}

impl Shown {
    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id, "from_bot": self.from_bot, "from": self.from, "text": self.text, "kind": self.kind,
            "entities": self.entities, "reply_to": self.reply_to, "topic": self.topic, "album": self.album,
            "earlier": self.earlier, "buttons": self.buttons, "pinned": self.pinned, "silent": self.silent,
            "reactions": self.reactions.iter().map(|(who, emoji)| (who.to_string(), json!(emoji)))
                .collect::<serde_json::Map<_, _>>(),
            "at_ms": millis(self.at), "raw": self.raw,
        })
    }
}

/// A chat action, such as `typing`. People see it for five seconds or until the bot's next message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// When it came, since the platform started.
    pub at: Duration,
    /// `typing`, `upload_photo`, …
    pub action: String,
    /// The topic that it is shown in.
    pub topic: Option<i64>,
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
