//! Slash commands and buttons: told at once that they were noticed, answered later.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::fault::Fault;
use super::known::Bounded;
use super::read::{COMMAND, COMPONENT};
use super::rest::{Call, Rest};
use super::wire;
use crate::outbound::Failure;

/// Most commands whose answer is remembered. Discord keeps a command open for a quarter of an hour.
const MOST: usize = 1024;

/// Which commands were answered by which message already.
#[derive(Debug)]
pub(super) struct Answered(Mutex<Bounded<String, Option<String>>>);

impl Default for Answered {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(MOST)))
    }
}

/// What is known of a command's first answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Nobody has answered.
    Open,
    /// The message with this key was the first, or is the first in the making.
    By(String),
    /// Nothing is known: the command came before this process began.
    Unknown,
}

impl Answered {
    /// Notes a command that was just noticed.
    pub(super) fn open(&self, token: &str) {
        let mut answered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if answered.get(token).is_none() {
            answered.put(token.to_owned(), None);
        }
    }

    /// Notes which message is a command's first answer.
    pub(super) fn answer(&self, token: &str, key: &str) {
        let mut answered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answered.put(token.to_owned(), Some(key.to_owned()));
    }

    /// Notes that a command's first answer was refused: the person still waits.
    pub(super) fn reopen(&self, token: &str) {
        let mut answered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answered.put(token.to_owned(), None);
    }

    /// Returns what is known of a command's first answer.
    pub(super) fn first(&self, token: &str) -> First {
        let answered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match answered.get(token) {
            None => First::Unknown,
            Some(None) => First::Open,
            Some(Some(key)) => First::By(key.clone()),
        }
    }
}

/// An interaction's application and token, as they are part of addresses.
#[derive(Debug)]
pub(super) struct Token<'a> {
    app: &'a str,
    token: &'a str,
}

impl<'a> Token<'a> {
    /// Reads what [`crate::Event::Command`] or [`crate::Event::Pressed`] carried.
    pub(super) fn read(text: &'a str) -> Result<Self, Fault> {
        let wrong = || Fault::refused("`token` is not what a command or a button of Discord carried");
        let (app, token) = text.split_once('/').ok_or_else(wrong)?;
        if !wire::is_id(app) || !is_token(token) {
            return Err(wrong());
        }
        Ok(Self { app, token })
    }

    /// Returns the address of the answer that the person waits for.
    pub(super) fn original(&self) -> String {
        format!("/webhooks/{}/{}/messages/@original", self.app, self.token)
    }

    /// Returns the address of further answers.
    pub(super) fn followup(&self) -> String {
        format!("/webhooks/{}/{}", self.app, self.token)
    }
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=~".contains(&byte);
    (1..=2048).contains(&text.len()) && text.bytes().all(allowed) && text != "." && text != ".."
}

/// Tells the platform that an interaction was noticed, within its three seconds. Repeating it does no harm: what was
/// acknowledged already is refused. Returns what went wrong in plain words.
pub(super) async fn acknowledge(rest: &Rest, interaction: &wire::Interaction) -> Result<(), String> {
    const ACKNOWLEDGED_ALREADY: u64 = 40_060;
    const TRIES: u32 = 3;
    let kind = match interaction.kind {
        COMMAND => 5,
        COMPONENT => 6,
        _ => return Ok(()),
    };
    if !is_token(&interaction.token) {
        return Err("a command came with an unusable token".into());
    }
    let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.token);
    let mut said = String::new();
    for attempt in 1..=TRIES {
        let call = Call::new(Method::POST, path.clone()).json(json!({"type": kind})).repeatable().free();
        let Err(fault) = rest.call(call).await else { return Ok(()) };
        if fault.code == ACKNOWLEDGED_ALREADY {
            return Ok(());
        }
        said = fault.error.text;
        if !matches!(fault.error.failure, Failure::Away | Failure::Unknown | Failure::Limited) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(150) * attempt).await;
    }
    Err(format!("a command could not be acknowledged: {said}"))
}

/// Events of this session whose interaction was acknowledged, so that a repeated one is not acknowledged again.
#[derive(Debug, Default)]
pub(super) struct Noticed(BTreeSet<u64>);

impl Noticed {
    /// Notes an interaction; says whether it is new. Only the newest are kept.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        let new = self.0.insert(id.parse().unwrap_or_default());
        if self.0.len() > MOST {
            self.0.pop_first();
        }
        new
    }
}
