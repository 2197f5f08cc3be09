//! Where an account's channel puts what it hears: on the disk, before the platform is told.

use async_trait::async_trait;
use channels::{Bot, Event, Inbound, Journal, JournalError, Message};
use schemas::clock::Millis;

use super::Bridge;
use super::account::Live;
use super::workers::Lane;
use crate::chat::commands::Command;
use crate::store::inbound::{self, Effect, NewInbound};
use std::sync::Arc;
use std::time::Duration;

/// The journal of one account.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) bridge: Bridge,
    pub(super) live: Arc<Live>,
}

#[async_trait]
impl Journal for Ledger {
    async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError> {
        let now = self.bridge.now();
        let bot = self.live.health().bot.clone();
        let rows: Vec<NewInbound> = batch.iter().map(|event| row(event, bot.as_ref())).collect();
        let some = !rows.is_empty();
        let (org, of, kept) = (self.live.org(), self.live.of.clone(), cursor.clone());
        let write = move |db: &crate::store::Db| inbound::store(db, &org, &of, &rows, kept.as_deref(), now);
        let lanes =
            self.bridge.store().write(write).await.map_err(|error| JournalError(error.to_string()))?;
        if let Some(cursor) = cursor {
            self.live.set_cursor(cursor);
        }
        if some {
            self.live.health().inbound_at = Some(now);
        }
        for event in &batch {
            self.live.budget.learn(&event.chat.id, event.chat.kind);
        }
        for (place, express) in lanes {
            self.bridge.wake_lane(&Lane { of: self.live.of.clone(), place }, express);
        }
        Ok(())
    }

    fn cursor(&self) -> Option<String> {
        self.live.cursor()
    }

    fn alive(&self, next: Duration) {
        let now = self.bridge.now();
        let mut health = self.live.health();
        (health.alive_at, health.due_at) = (Some(now), Some(now + super::courier::millis(next)));
        health.reconnect_attempts = 0;
        drop(health);
        if self.live.set_connected(true) {
            self.bridge.platform_is_back(&self.live);
        }
    }

    fn identify(&self, bot: Bot) {
        self.live.health().bot = Some(bot);
        self.bridge.offer_menu(&self.live);
    }

    fn trouble(&self, text: &str) {
        self.live.trouble(text, self.bridge.now());
    }
}

/// Returns the name of the conversation that something happened in.
pub(super) fn place_of(chat: &str, thread: Option<&str>) -> String {
    match thread {
        Some(thread) => format!("{chat}\t{thread}"),
        None => chat.to_owned(),
    }
}

fn row(event: &Inbound, bot: Option<&Bot>) -> NewInbound {
    let (message, state, effect) = match &event.event {
        Event::Message(message) => (Some(&message.id), "new", Effect::Message),
        Event::Edited { message, text } => (Some(message), "noted", Effect::Text(text.clone())),
        Event::Deleted { message } => (Some(message), "noted", Effect::Gone),
        Event::Reacted { message, .. } => (Some(message), "noted", Effect::None),
        Event::Pressed { message, .. } => (Some(message), "new", Effect::None),
        Event::Command { .. } => (None, "new", Effect::None),
        Event::Voted { .. } => (None, "noted", Effect::None),
        Event::Moved { to } => (None, "noted", Effect::Moved { from: event.chat.id.clone(), to: to.clone() }),
    };
    let at: Millis = event.at;
    NewInbound {
        lane: place_of(&event.chat.id, event.chat.thread.as_ref().map(|thread| &*thread.id)),
        event_id: event.id.clone(),
        message: message.cloned(),
        express: is_express(event, bot),
        sender: event.sender.id.clone(),
        at,
        body: serde_json::to_string(event).unwrap_or_default(),
        state,
        effect,
    }
}

fn is_express(event: &Inbound, bot: Option<&Bot>) -> bool {
    match &event.event {
        Event::Pressed { .. } => true,
        Event::Message(message) => is_command(message, bot),
        Event::Command { name, text, .. } => Command::parse(&format!("/{name} {text}")).is_some(),
        _ => false,
    }
}

/// Says whether a message is a command for this gateway.
pub(super) fn is_command(message: &Message, bot: Option<&Bot>) -> bool {
    message.attachments.is_empty()
        && message.forwarded_from.is_none()
        && Command::parse(&words_of(&message.text, bot)).is_some()
}

/// Returns a text without the bot's name at its beginning, and a command without the bot's name behind it.
/// A command for another bot keeps that bot's name, and so is none.
pub(super) fn words_of(text: &str, bot: Option<&Bot>) -> String {
    let text = text.trim();
    let Some(handle) = bot.and_then(|bot| bot.handle.as_deref()) else { return text.to_owned() };
    let own = |word: &str| word.strip_prefix('@').is_some_and(|name| name.eq_ignore_ascii_case(handle));
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if own(first) && rest.trim_start().starts_with('/') {
        return words_of(rest, bot);
    }
    match first.find('@').filter(|_| first.starts_with('/')).map(|at| first.split_at(at)) {
        Some((command, name)) if own(name) => format!("{command} {rest}").trim_end().to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_for_the_bot_that_it_names() {
        let bot = Bot { id: "1".into(), name: "L".into(), handle: Some("LandBot".into()) };
        let words = |text| words_of(text, Some(&bot));
        assert_eq!(words("/status@landbot now"), "/status now");
        assert_eq!(words("/status@other"), "/status@other");
        assert_eq!(words("@LandBot /new"), "/new");
        assert_eq!(words("@landbot what is new?"), "@landbot what is new?");
        assert!(Command::parse("/status@other").is_none());
        assert!(is_command(&Message { text: "/stop@LandBot".into(), ..Message::default() }, Some(&bot)));
    }
}
