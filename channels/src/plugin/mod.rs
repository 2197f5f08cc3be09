//! A channel in another process, which speaks JSON-RPC 2.0 over its stdin and stdout (`docs/channel-plugins.md`).

mod lines;
mod process;
mod session;
mod ticket;
mod wire;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use enumset::EnumSet;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::channel::{Channel, Inbox, ListenError, TextRules, Traits, Unit};
use crate::outbound::{Action, Failure, Outbound, Receipt, Retry, SendError};

use process::Process;
use session::{Call, Session};
use ticket::Ticket;

/// Which program it is, and what it is told.
#[derive(Clone)]
pub struct Options {
    /// The name of the platform; the program has to give the same.
    pub name: String,
    /// The program and its arguments. Never a secret: everybody on the machine can read them.
    pub command: Vec<String>,
    /// The names of environment variables that it gets besides `PATH`, `HOME` and the language.
    pub env_pass: Vec<String>,
    /// The name of the account.
    pub account: String,
    /// What the program needs to know, secrets included. It comes over stdin.
    pub settings: Value,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown.field("name", &self.name).field("account", &self.account).field("command", &self.command);
        shown.finish_non_exhaustive()
    }
}

/// A channel in another process. The process runs while [`Channel::listen`] does.
#[derive(Debug)]
pub struct Plugin {
    options: Options,
    secrets: Secrets,
    /// One process at a time.
    running: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// What the running connection shares with those who send.
#[derive(Debug, Default)]
struct State {
    /// Known from the first handshake on, also while the process is away: texts are split by it.
    traits: Option<Traits>,
    calls: Option<mpsc::Sender<Call>>,
}

impl Plugin {
    /// Returns a channel that starts nothing yet.
    pub fn new(options: Options) -> Self {
        let secrets = Secrets::of(&options.settings);
        Self { options, secrets, running: tokio::sync::Mutex::default(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the door for those who send; it closes when the guard is dropped.
    fn open(&self, traits: Traits, calls: mpsc::Sender<Call>) -> Open<'_> {
        let mut state = self.state();
        state.traits = Some(traits);
        state.calls = Some(calls);
        Open(self)
    }

    async fn ask(&self, outbound: Outbound) -> Result<Receipt, SendError> {
        let deadline = deadline(&outbound.action);
        let Some(calls) = self.state().calls.clone() else {
            return Err(self.away("it is not running"));
        };
        let (answer, answered) = oneshot::channel();
        let ticket = Ticket::default();
        let call = Call { outbound, ticket: ticket.holder(), answer };
        let exchange = async {
            calls.send(call).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(deadline, exchange).await {
            Ok(Some(result)) => result,
            outcome if ticket.give_up() => Err(self.away(if outcome.is_ok() {
                "it has ended"
            } else {
                "it does not take what is sent to it"
            })),
            Ok(None) => Err(self.unknown("it ended before it answered")),
            Err(_) => Err(self.unknown(&format!("it did not answer within {} s", deadline.as_secs()))),
        }
    }

    fn away(&self, why: &str) -> SendError {
        let text = format!("the plugin {} did not get it: {why}", self.options.name);
        SendError { failure: Failure::Away, retry: Retry::Later, text }
    }

    fn unknown(&self, why: &str) -> SendError {
        let text = format!("the plugin {} may have sent it: {why}", self.options.name);
        SendError { failure: Failure::Unknown, retry: Retry::Never, text }
    }
}

struct Open<'a>(&'a Plugin);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.state().calls = None;
    }
}

#[async_trait]
impl Channel for Plugin {
    fn name(&self) -> &str {
        &self.options.name
    }

    /// Returns nothing but a modest text length until the process has said what it can do.
    fn traits(&self) -> Traits {
        let text = TextRules {
            max: 2000,
            unit: Unit::CodePoints,
            max_lines: None,
            edit_interval: Duration::from_secs(1),
        };
        let unknown = Traits { abilities: EnumSet::empty(), text, max_download: 0, max_upload: 0 };
        self.state().traits.unwrap_or(unknown)
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let Ok(_running) = self.running.try_lock() else {
            return Err(ListenError::Conflict(format!("the plugin {} runs already", self.options.name)));
        };
        let mut process = Process::start(&self.options)?;
        let Some((stdin, stdout)) = process.pipes() else {
            return Err(lost("its pipes are missing".to_owned()));
        };
        let ended = tokio::select! {
            ended = Session::run(self, inbox, stdout, stdin, &stop) => ended,
            () = process.follow_stderr() => Ok(()),
        };
        let last = process.end().await;
        match ended {
            Err(ListenError::Lost { text, after }) => {
                let text = format!("the plugin {} was lost: {text}{last}", self.options.name);
                Err(ListenError::Lost { text: self.secrets.hide(&text), after })
            }
            ended => ended,
        }
    }

    async fn send(&self, message: Outbound) -> Result<Receipt, SendError> {
        // Before the first handshake nobody knows what it can do: it is away, which passes.
        let known = self.state().traits;
        if let (Some(traits), Some(ability)) = (known, message.action.needs())
            && !traits.abilities.contains(ability)
        {
            return Err(SendError::unsupported(&self.options.name, ability));
        }
        self.ask(message).await
    }
}

/// Values of the settings that must not appear in texts: whatever the names say is a secret.
struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    fn of(settings: &Value) -> Self {
        let mut found = Vec::new();
        collect(settings, false, &mut found);
        // The longest first: one secret may be part of another.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(found)
    }

    /// Returns what a program wrote, for people: without secrets and control characters, and not too long.
    fn hide(&self, text: &str) -> String {
        let mut text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        for secret in &self.0 {
            text = text.replace(secret, "***");
        }
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text
    }
}

fn collect(value: &Value, secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if secret && text.len() >= SHORTEST_SECRET => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_ascii_lowercase();
                let named = SECRET_NAMES.iter().any(|part| name.contains(part));
                collect(value, secret || named, found);
            }
        }
        _ => {}
    }
}

fn lost(text: String) -> ListenError {
    ListenError::Lost { text, after: None }
}

/// How long an action may take: a file more than a text.
fn deadline(action: &Action) -> Duration {
    match action {
        Action::Media { .. } | Action::Fetch { .. } => Duration::from_mins(10),
        _ => Duration::from_mins(1),
    }
}

/// Parts of the names of settings that hold secrets.
const SECRET_NAMES: [&str; 6] = ["token", "secret", "password", "key", "auth", "credential"];

/// Shorter values would blank out words.
const SHORTEST_SECRET: usize = 6;

/// Longer texts of a program are cut, in bytes.
const LONGEST_TEXT: usize = 1000;

#[cfg(test)]
mod tests;
