//! What a conversation's next rows amount to: one message, an album as one, or a command of the menu.

use std::time::Duration;

use channels::{Chat, Event, Inbound, Message, Place};
use schemas::clock::Millis;

use super::courier::millis;
use crate::store::inbound::InboundRow;

/// One message for an agent, made of one row or several.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    /// The row that stands for all of it.
    pub(super) row: InboundRow,
    /// As it came; the event is the message as a whole.
    pub(super) inbound: Inbound,
    pub(super) message: Message,
    /// The other rows that are part of it.
    pub(super) members: Vec<i64>,
    /// What an answer to a command of the platform's menu carries.
    pub(super) token: Option<String>,
}

/// What to do with a conversation's next rows.
#[derive(Debug)]
pub(super) enum Next {
    /// Wait: more of an album may come.
    Wait(Duration),
    /// This.
    Parcel(Box<Parcel>),
    /// The row cannot be read.
    Unreadable(i64),
}

impl Parcel {
    pub(super) fn to(&self) -> Place {
        place(&self.inbound.chat)
    }
}

/// Returns where to send to a conversation.
pub(super) fn place(chat: &Chat) -> Place {
    Place { chat: chat.id.clone(), thread: chat.thread.as_ref().map(|thread| thread.id.clone()) }
}

/// Makes the next parcel of `rows`, which are the oldest ones of a conversation and not empty. An album is whole
/// when nothing of it came for `quiet`.
pub(super) fn next(rows: &[InboundRow], quiet: Duration, now: Millis) -> Next {
    let first = &rows[0];
    let Some((inbound, message, token)) = read(first) else { return Next::Unreadable(first.seq) };
    let mut parcel = Parcel { row: first.clone(), inbound, message, members: Vec::new(), token };
    let mut last = first.stored_at;
    if let Some(album) = parcel.message.album.clone() {
        for row in &rows[1..] {
            let Some((other, part, _)) = read(row) else { continue };
            if part.album.as_deref() == Some(&*album) && other.sender.id == parcel.inbound.sender.id {
                last = last.max(row.stored_at);
                join(&mut parcel.message, part);
                parcel.members.push(row.seq);
            }
        }
        let left = last + millis(quiet) - now;
        if left > 0 {
            return Next::Wait(Duration::from_millis(left.unsigned_abs()));
        }
    }
    parcel.inbound.event = Event::Message(parcel.message.clone());
    Next::Parcel(Box::new(parcel))
}

fn join(message: &mut Message, part: Message) {
    if !part.text.is_empty() {
        if !message.text.is_empty() {
            message.text.push('\n');
        }
        message.text.push_str(&part.text);
    }
    message.attachments.extend(part.attachments);
    message.mentions_bot |= part.mentions_bot;
    message.reply_to = message.reply_to.take().or(part.reply_to);
    message.forwarded_from = message.forwarded_from.take().or(part.forwarded_from);
}

/// Reads a row as a message.
pub(super) fn read(row: &InboundRow) -> Option<(Inbound, Message, Option<String>)> {
    let inbound: Inbound = serde_json::from_str(&row.body).ok()?;
    let (message, token) = match &inbound.event {
        Event::Message(message) => (message.clone(), None),
        Event::Command { name, text, token } => {
            // `/ask` is how a menu says "this is a message".
            let asks = name.eq_ignore_ascii_case("ask");
            let text = if asks { text.clone() } else { format!("/{name} {text}").trim_end().to_owned() };
            (Message { text, mentions_bot: true, ..Message::default() }, Some(token.clone()))
        }
        _ => return None,
    };
    Some((inbound, message, token))
}
