//! How a call goes out: once, and again only in another way after the Bot API said that it did nothing.

use std::time::Duration;

use serde_json::{Value, json};

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::markup;
use super::update::GENERAL;
use crate::outbound::{Failure, Place, Receipt, Retry, SendError};

/// The way in which a call is made; each step away from the first is noted.
#[derive(Clone, Debug)]
pub(super) struct Way {
    chat: Value,
    thread: Option<i64>,
    plain: bool,
    files: bool,
    notes: Vec<String>,
}

impl Way {
    /// Returns the usual way to a place.
    pub(super) fn to(place: &Place) -> Result<Self, SendError> {
        Ok(Self {
            chat: chat(&place.chat)?,
            thread: place.thread.as_deref().map(|thread| number(thread, "topic")).transpose()?,
            plain: false,
            files: false,
            notes: Vec::new(),
        })
    }

    /// Returns the chat's id.
    pub(super) fn chat(&self) -> &Value {
        &self.chat
    }

    /// Returns the topic to write to. The General one must not be named.
    pub(super) fn thread(&self) -> Option<i64> {
        self.thread.filter(|thread| *thread != GENERAL)
    }

    /// Returns the topic to show as written in. Here the General one must be named.
    pub(super) fn typing_thread(&self) -> Option<i64> {
        self.thread
    }

    /// Returns a text as it is sent, and its `parse_mode`.
    pub(super) fn render(&self, markdown: &str) -> (String, Option<&'static str>) {
        if !self.plain {
            let html = markup::telegram_html(markdown);
            if !html.trim().is_empty() {
                return (html, Some("HTML"));
            }
        }
        (markup::plain(markdown), None)
    }

    /// Whether pictures and films go as plain files.
    pub(super) fn as_files(&self) -> bool {
        self.files
    }

    /// Sends pictures and films as plain files and notes why.
    pub(super) fn use_files(&mut self, why: &str) {
        self.files = true;
        self.note(why);
    }

    /// Notes something that is done otherwise than asked.
    pub(super) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    /// Returns a receipt with what was noted on the way.
    pub(super) fn receipt(&self, message: Option<String>) -> Receipt {
        let note = (!self.notes.is_empty()).then(|| self.notes.join("; "));
        Receipt { message, note, ..Receipt::default() }
    }

    /// Finds another way after the Bot API said that it did nothing; none if there is none that was not tried.
    fn other(&mut self, fault: &Fault) -> bool {
        let Fault::Told(told) = fault else {
            return false;
        };
        if let Some(to) = told.migrate_to {
            let moved = self.chat != json!(to);
            self.chat = json!(to);
            self.note(&format!("the group has become a supergroup; its id is now {to}"));
            return moved;
        }
        if told.markup() && !self.plain {
            self.plain = true;
            self.note("Telegram refused the markup; the text was sent without it");
            return true;
        }
        if told.no_picture() && !self.files {
            self.use_files("Telegram could not show the picture; it was sent as a file");
            return true;
        }
        false
    }
}

/// Makes the call that `build` gives for a way, and again for another way if the Bot API did nothing and there is one.
pub(super) async fn send(
    channel: &Telegram,
    way: &mut Way,
    deadline: Duration,
    build: impl Fn(&Way) -> Call,
) -> Result<Value, Fault> {
    loop {
        match channel.api.call(&build(way), deadline).await {
            Err(fault) if way.other(&fault) => {}
            done => return done,
        }
    }
}

/// Returns the id of the message that a call made.
pub(super) fn made(result: &Value) -> Option<String> {
    let first = result.as_array().map_or(Some(result), |all| all.first())?;
    first.get("message_id").and_then(Value::as_i64).map(|id| id.to_string())
}

/// Returns what a message answers to, as a parameter. It is sent even if that message is gone.
pub(super) fn reply(message: Option<&str>) -> Result<Option<Value>, SendError> {
    let Some(message) = message else {
        return Ok(None);
    };
    let id = number(message, "message")?;
    Ok(Some(json!({ "message_id": id, "allow_sending_without_reply": true })))
}

/// Reads a numeric id; `what` names it in the error.
pub(super) fn number(id: &str, what: &str) -> Result<i64, SendError> {
    id.parse().map_err(|_| refused(format!("`{id}` is no id of a {what} on Telegram; it must be a number")))
}

/// Returns the error for something that is not even sent.
pub(super) fn refused(text: impl Into<String>) -> SendError {
    SendError { failure: Failure::Refused, retry: Retry::Never, text: text.into() }
}

fn chat(id: &str) -> Result<Value, SendError> {
    match id.strip_prefix('@') {
        Some(name) if !name.is_empty() => Ok(json!(id)),
        _ => number(id, "chat").map(|id| json!(id)),
    }
}
