//! A platform in memory: for tests of whoever uses channels, and the first to pass the conformance suite.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use enumset::EnumSet;
use schemas::clock::Millis;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::channel::{Channel, Inbox, ListenError, TextRules, Traits, Unit};
use crate::inbound::{Bot, Chat, ChatKind, Event, Inbound, Message, Sender};
use crate::outbound::{Action, Failure, Outbound, Receipt, Retry, SendError};
use crate::text;

/// What the far side does wrong at the next send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not reached.
    Away,
    /// It asks to wait.
    Limited(Duration),
    /// It refuses.
    Refused,
    /// The conversation is gone.
    Gone,
    /// The connection breaks after the request was sent; nothing was done.
    CutBefore,
    /// The connection breaks after it was done; the answer is lost.
    CutAfter,
}

/// Something that the platform has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The message that came of it, if one did.
    pub message: Option<String>,
    /// What was asked.
    pub outbound: Outbound,
}

/// The platform, and one account on it. Clones are the same one, like a restarted process of the same bot.
#[derive(Clone, Debug)]
pub struct Loopback(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    traits: Traits,
    state: Mutex<State>,
    /// Counts whatever a waiting listener or test wants to see.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// All that ever happened; the cursor is how many of it were stored.
    happened: Vec<Inbound>,
    faults: VecDeque<Fault>,
    done: Vec<Done>,
    attempts: usize,
    next_message: u64,
    by_key: HashMap<String, Receipt>,
    files: HashMap<String, Vec<u8>>,
    stalled: bool,
    refused: Option<String>,
    menu: Option<Vec<(String, String)>>,
    /// Grows with each cut; a listener that began before it ends.
    cuts: u64,
}

impl Default for Loopback {
    fn default() -> Self {
        Self::new()
    }
}

impl Loopback {
    /// The name of the platform.
    pub const NAME: &'static str = "loopback";

    /// Returns a platform that can do everything but send once.
    pub fn new() -> Self {
        Self::with(Traits {
            abilities: EnumSet::all() - crate::Ability::SendOnce,
            text: TextRules { max: 4096, unit: Unit::Utf16, max_lines: None, edit_interval: Duration::ZERO },
            max_download: 1 << 20,
            max_upload: 1 << 20,
        })
    }

    /// Returns a platform with these traits.
    pub fn with(traits: Traits) -> Self {
        let changed = watch::Sender::new(0);
        Self(Arc::new(Shared { traits, state: Mutex::default(), changed }))
    }

    /// Makes something happen on the platform. It is delivered until it is stored.
    pub fn happen(&self, inbound: Inbound) {
        self.state().happened.push(inbound);
        self.note();
    }

    /// Lets somebody write in a direct conversation; returns the message's id.
    pub fn say(&self, chat: &str, text: &str) -> String {
        let mut state = self.state();
        let number = state.happened.len();
        let id = format!("in{number}");
        let message = Message { id: id.clone(), text: text.to_owned(), ..Message::default() };
        state.happened.push(Inbound {
            id: id.clone(),
            at: Millis::try_from(number).unwrap_or_default(),
            chat: Chat {
                id: chat.to_owned(),
                kind: ChatKind::Direct,
                title: None,
                thread: None,
                guild: None,
            },
            sender: Sender {
                id: chat.to_owned(),
                name: chat.to_owned(),
                handle: None,
                bot: false,
                roles: vec![],
            },
            event: Event::Message(message),
        });
        drop(state);
        self.note();
        id
    }

    /// Puts a file on the platform, for [`Action::Fetch`].
    pub fn offer(&self, file: &str, bytes: impl Into<Vec<u8>>) {
        self.state().files.insert(file.to_owned(), bytes.into());
    }

    /// Makes the next send fail, after those that were asked to fail before.
    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Cuts the connection of whoever listens.
    pub fn cut(&self) {
        self.state().cuts += 1;
        self.note();
    }

    /// Stops answering polls, or answers them again.
    pub fn stall(&self, stalled: bool) {
        self.state().stalled = stalled;
        self.note();
    }

    /// Refuses all further connections with this text, or accepts them again.
    pub fn refuse(&self, text: Option<&str>) {
        self.state().refused = text.map(str::to_owned);
        self.cut();
    }

    /// Returns what the platform has done, in order.
    pub fn done(&self) -> Vec<Done> {
        self.state().done.clone()
    }

    /// Returns the menu of commands, once it is set.
    pub fn menu(&self) -> Option<Vec<(String, String)>> {
        self.state().menu.clone()
    }

    /// Returns how many sends were tried, beside the setting of the menu.
    pub fn attempts(&self) -> usize {
        self.state().attempts
    }

    /// Waits until what the platform has done is as asked, and returns it.
    pub async fn until(&self, mut asked: impl FnMut(&[Done]) -> bool) -> Vec<Done> {
        let mut changed = self.0.changed.subscribe();
        loop {
            let done = self.done();
            if asked(&done) || changed.changed().await.is_err() {
                return done;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self) {
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Answers one poll: what happened after the cursor, perhaps nothing. `None`: it is not answered.
    fn poll(&self, from: usize) -> Option<Vec<Inbound>> {
        let state = self.state();
        (!state.stalled).then(|| state.happened.iter().skip(from).take(BATCH).cloned().collect())
    }

    fn perform(&self, outbound: Outbound) -> Result<Receipt, SendError> {
        let mut state = self.state();
        state.attempts += 1;
        let fault = state.faults.pop_front();
        if let Some(error) = fault.and_then(refusal) {
            return Err(error);
        }
        let once = self.0.traits.abilities.contains(crate::Ability::SendOnce);
        let known = state.by_key.get(&outbound.key).filter(|_| once).cloned();
        let receipt = match known {
            Some(receipt) => receipt,
            None => state.perform(outbound, &self.0.traits)?,
        };
        drop(state);
        self.note();
        if fault == Some(Fault::CutAfter) { Err(lost()) } else { Ok(receipt) }
    }

    async fn fetch(&self, file: &str, path: &Path, limit: u64) -> Result<Receipt, SendError> {
        let bytes = self.state().files.get(file).cloned();
        let bytes = bytes.ok_or_else(|| error(Failure::Gone, "the platform has no such file"))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit.min(self.0.traits.max_download) {
            return Err(error(Failure::Refused, "the file is larger than allowed"));
        }
        place(path, &bytes)
            .await
            .map_err(|source| error(Failure::Refused, &format!("the file could not be written: {source}")))?;
        Ok(Receipt::default())
    }
}

#[async_trait]
impl Channel for Loopback {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn traits(&self) -> Traits {
        self.0.traits
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let mut changed = self.0.changed.subscribe();
        let cuts = self.state().cuts;
        if let Some(text) = self.state().refused.clone() {
            return Err(ListenError::Refused(text));
        }
        inbox.identify(Bot { id: "bot".to_owned(), name: "Loopback".to_owned(), handle: None });
        let mut cursor = inbox.cursor().and_then(|cursor| cursor.parse().ok()).unwrap_or(0_usize);
        loop {
            if self.state().cuts != cuts {
                return Err(ListenError::Lost { text: "the connection was cut".to_owned(), after: None });
            }
            changed.mark_unchanged();
            let events = self.poll(cursor);
            if events.is_some() {
                inbox.alive(Duration::from_mins(1));
            }
            let events = events.unwrap_or_default();
            if events.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    _ = changed.changed() => continue,
                }
            }
            cursor += events.len();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                stored = inbox.store(events, Some(cursor.to_string())) => stored?,
            }
        }
    }

    async fn send(&self, outbound: Outbound) -> Result<Receipt, SendError> {
        if let Some(ability) = outbound.action.needs()
            && !self.0.traits.abilities.contains(ability)
        {
            return Err(SendError::unsupported(Self::NAME, ability));
        }
        match &outbound.action {
            Action::Menu { commands } => {
                self.state().menu = Some(commands.clone());
                self.note();
                Ok(Receipt::default())
            }
            Action::Fetch { file, path, limit } => self.fetch(file, path, *limit).await,
            _ => self.perform(outbound),
        }
    }
}

impl State {
    fn perform(&mut self, outbound: Outbound, traits: &Traits) -> Result<Receipt, SendError> {
        let mut receipt = Receipt::default();
        match &outbound.action {
            Action::Text { text, .. } | Action::Edit { text, .. }
                if text::count(text, traits.text.unit) > traits.text.max =>
            {
                return Err(error(Failure::Refused, "the text is too long"));
            }
            Action::Edit { message, .. } | Action::Cards { message: Some(message), .. }
                if !self.has(message) =>
            {
                return Err(error(Failure::Gone, "there is no such message"));
            }
            Action::Text { .. } | Action::Media { .. } | Action::Cards { message: None, .. } => {
                receipt.message = Some(self.new_message());
            }
            Action::Poll(_) | Action::Thread { .. } => receipt.made = Some(self.new_message()),
            Action::Read { limit, .. } => receipt.messages = self.read(&outbound.to.chat, *limit),
            _ => {}
        }
        self.by_key.insert(outbound.key.clone(), receipt.clone());
        self.done.push(Done { message: receipt.message.clone().or_else(|| receipt.made.clone()), outbound });
        Ok(receipt)
    }

    fn new_message(&mut self) -> String {
        self.next_message += 1;
        format!("out{}", self.next_message)
    }

    fn has(&self, message: &str) -> bool {
        self.done.iter().any(|done| done.message.as_deref() == Some(message))
    }

    fn read(&self, chat: &str, limit: u32) -> Vec<Message> {
        let messages = self.happened.iter().rev().filter(|inbound| inbound.chat.id == chat);
        let messages = messages.filter_map(|inbound| match &inbound.event {
            Event::Message(message) => Some(message.clone()),
            _ => None,
        });
        let mut last: Vec<_> = messages.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
        last.reverse();
        last
    }
}

/// Writes a file so that it is whole once it is there.
async fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    tokio::fs::write(&part, bytes).await?;
    tokio::fs::rename(&part, path).await
}

fn refusal(fault: Fault) -> Option<SendError> {
    Some(match fault {
        Fault::Away => {
            SendError { retry: Retry::Later, ..error(Failure::Away, "the platform is not reached") }
        }
        Fault::Limited(time) => {
            SendError { retry: Retry::after(time), ..error(Failure::Limited, "too many requests") }
        }
        Fault::Refused => error(Failure::Refused, "the platform refused it"),
        Fault::Gone => error(Failure::Gone, "the conversation is gone"),
        Fault::CutBefore => lost(),
        Fault::CutAfter => return None,
    })
}

fn lost() -> SendError {
    error(Failure::Unknown, "the connection broke before the answer")
}

fn error(failure: Failure, text: &str) -> SendError {
    SendError { failure, retry: Retry::Never, text: text.to_owned() }
}

/// Most events of one poll.
const BATCH: usize = 10;
