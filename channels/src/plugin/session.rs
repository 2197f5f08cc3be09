//! One connection with a plugin: handshake, what comes in, what goes out, and the end.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::channel::{Inbox, JournalError, ListenError};
use crate::outbound::{Outbound, Receipt, SendError};

use super::lines::Lines;
use super::ticket::Holder;
use super::wire::{
    self, Alive, Ended, Error, Hello, Incoming, Initialize, Level, Log, Reason, Store, Trouble,
};
use super::{Plugin, lost};

/// Something to send, from whoever sends it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) outbound: Outbound,
    pub(super) ticket: Holder,
    pub(super) answer: oneshot::Sender<Result<Receipt, SendError>>,
}

/// One connection, from the handshake to the end.
pub(super) struct Session<'a> {
    plugin: &'a Plugin,
    inbox: Inbox,
    lines: mpsc::Sender<Line>,
    waiting: HashMap<u64, Waiting>,
    next_id: u64,
    storing: Option<Storing>,
    hello: Option<Hello>,
}

/// A line to write.
struct Line {
    bytes: Vec<u8>,
    /// Of a send: whether it is still wanted.
    ticket: Option<Holder>,
}

/// Who waits for an answer.
enum Waiting {
    Hello,
    Send(oneshot::Sender<Result<Receipt, SendError>>),
    Shutdown,
}

struct Storing {
    id: Value,
    done: Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send>>,
}

/// Whether the phase goes on.
#[derive(PartialEq, Eq)]
enum Phase {
    GoesOn,
    IsOver,
}

impl<'a> Session<'a> {
    /// Runs a connection over a program's pipes until `stop` or its end. The pipes are closed then.
    pub(super) async fn run(
        plugin: &'a Plugin,
        inbox: Inbox,
        output: impl AsyncRead + Unpin + Send,
        input: impl AsyncWrite + Unpin + Send,
        stop: &CancellationToken,
    ) -> Result<(), ListenError> {
        let (lines, queue) = mpsc::channel(QUEUE);
        let (waiting, hello, storing) = (HashMap::new(), None, None);
        let session = Self { plugin, inbox, lines, waiting, next_id: 1, storing, hello };
        tokio::select! {
            ended = session.go(Lines::new(output, wire::LONGEST_LINE), stop) => ended,
            text = write(input, queue) => Err(lost(text)),
        }
    }

    async fn go(
        mut self,
        mut output: Lines<impl AsyncRead + Unpin + Send>,
        stop: &CancellationToken,
    ) -> Result<(), ListenError> {
        let options = &self.plugin.options;
        let cursor = self.inbox.cursor();
        let (account, settings) = (options.account.clone(), options.settings.clone());
        let params = Initialize { protocol_version: wire::PROTOCOL_VERSION, account, settings, cursor };
        self.request("initialize", &params, Waiting::Hello, None)?;
        let (calls, mut taken) = mpsc::channel(QUEUE);
        tokio::select! {
            biased;
            () = stop.cancelled() => return self.shut_down(&mut output, &mut taken).await,
            greeted = timeout(HANDSHAKE, self.phase(&mut output, &mut taken)) => match greeted {
                Ok(greeted) => greeted?,
                Err(_) => return Err(lost(format!("it did not answer initialize within {} s", HANDSHAKE.as_secs()))),
            },
        }
        let hello = self.hello.as_ref().ok_or_else(|| lost("it did not answer initialize".to_owned()))?;
        self.inbox.identify(hello.bot.clone());
        let open = self.plugin.open(hello.traits, calls);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            ended = self.phase(&mut output, &mut taken) => return ended,
        }
        drop(open);
        self.shut_down(&mut output, &mut taken).await
    }

    /// Tells the plugin to end, and hears it out for a short while.
    async fn shut_down(
        &mut self,
        output: &mut Lines<impl AsyncRead + Unpin + Send>,
        calls: &mut mpsc::Receiver<Call>,
    ) -> Result<(), ListenError> {
        self.request("shutdown", &Value::Null, Waiting::Shutdown, None)?;
        // However it ends now: it was to end.
        let _ = timeout(GOODBYE, self.phase(output, calls)).await;
        Ok(())
    }

    /// Serves both sides until the phase is over: the handshake was answered, or the shutdown.
    async fn phase(
        &mut self,
        output: &mut Lines<impl AsyncRead + Unpin + Send>,
        calls: &mut mpsc::Receiver<Call>,
    ) -> Result<(), ListenError> {
        loop {
            self.waiting.retain(|_, waiting| !matches!(waiting, Waiting::Send(answer) if answer.is_closed()));
            tokio::select! {
                line = output.next() => {
                    let line = line.map_err(lost)?.ok_or_else(|| lost("it ended".to_owned()))?;
                    if self.take(&line)? == Phase::IsOver {
                        return Ok(());
                    }
                }
                Some(call) = calls.recv(), if self.waiting.len() < AT_ONCE => self.send(call)?,
                stored = finished(&mut self.storing) => self.stored(stored)?,
            }
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<Phase, ListenError> {
        match Incoming::read(line).map_err(|error| lost(format!("it wrote a line that is {error}")))? {
            Incoming::Answer { id, outcome } => match self.waiting.remove(&id) {
                Some(Waiting::Hello) => self.greeted(outcome)?,
                Some(Waiting::Shutdown) => {}
                Some(Waiting::Send(answer)) => {
                    // Whoever has given up waiting has said so already.
                    let _ = answer.send(self.receipt(outcome));
                    return Ok(Phase::GoesOn);
                }
                None => return Ok(Phase::GoesOn),
            },
            Incoming::Request { id, method, params } => return self.asked(id, &method, params),
            Incoming::Notification { method, params } => return self.told(&method, params),
        }
        Ok(Phase::IsOver)
    }

    fn greeted(&mut self, outcome: Result<Value, Error>) -> Result<(), ListenError> {
        let refused = |text: String| ListenError::Refused(self.plugin.secrets.hide(&text));
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                let why = error.data.and_then(|data| serde_json::from_value::<Ended>(data).ok());
                let why = why.unwrap_or(Ended { reason: Reason::Lost, text: String::new(), after_ms: None });
                let text = if why.text.is_empty() { error.message } else { why.text.clone() };
                return Err(self.ended(&Ended { text, ..why }));
            }
        };
        let hello: Hello = serde_json::from_value(answer)
            .map_err(|error| refused(format!("its answer to initialize does not fit: {error}")))?;
        let wanted = &self.plugin.options.name;
        if hello.name != *wanted {
            return Err(refused(format!("it says it is `{}`, and is configured as `{wanted}`", hello.name)));
        }
        if hello.protocol_version.is_some_and(|version| version != wire::PROTOCOL_VERSION) {
            return Err(refused(format!(
                "it needs another version than {} of the protocol",
                wire::PROTOCOL_VERSION
            )));
        }
        let text = hello.traits.text;
        if text.max < wire::SHORTEST_TEXT || text.max_lines == Some(0) {
            let least = wire::SHORTEST_TEXT;
            return Err(refused(format!("`traits.text` has to allow {least} units and one line at least")));
        }
        self.hello = Some(hello);
        Ok(())
    }

    fn asked(&mut self, id: Value, method: &str, params: Value) -> Result<Phase, ListenError> {
        let refusal = match method {
            "inbox.store" => match self.store_request(params) {
                Ok(store) => {
                    let inbox = self.inbox.clone();
                    let done = Box::pin(async move { inbox.store(store.events, store.cursor).await });
                    self.storing = Some(Storing { id, done });
                    return Ok(Phase::GoesOn);
                }
                Err(refusal) => refusal,
            },
            _ => Error::new(Error::METHOD, format!("there is no method `{method}`")),
        };
        self.answer(&id, Err(refusal))?;
        Ok(Phase::GoesOn)
    }

    fn store_request(&self, params: Value) -> Result<Store, Error> {
        if self.hello.is_none() {
            return Err(Error::new(Error::NOT_NOW, "answer initialize first"));
        }
        if self.storing.is_some() {
            return Err(Error::new(Error::NOT_NOW, "wait for the answer to the last inbox.store"));
        }
        let store: Store = read(params)?;
        if store.events.len() > wire::MOST_EVENTS {
            return Err(Error::new(
                Error::PARAMS,
                format!("`events` has more than {} entries", wire::MOST_EVENTS),
            ));
        }
        Ok(store)
    }

    /// Answers `inbox.store` once it is decided. What was not stored ends the connection.
    fn stored(&mut self, stored: (Value, Result<(), JournalError>)) -> Result<(), ListenError> {
        let (id, result) = stored;
        match result {
            Ok(()) => self.answer(&id, Ok(Value::Null)),
            Err(error) => {
                self.answer(&id, Err(Error::new(Error::NOT_STORED, error.to_string())))?;
                Err(ListenError::Journal(error))
            }
        }
    }

    fn told(&mut self, method: &str, params: Value) -> Result<Phase, ListenError> {
        let wrong = |error: Error| lost(format!("its `{method}` does not fit: {}", error.message));
        match method {
            "alive" => {
                let alive: Option<Alive> = read(params).map_err(wrong)?;
                self.inbox.alive(alive.and_then(|alive| alive.next_ms).map_or(NEXT, Duration::from_millis));
            }
            "trouble" => {
                let trouble: Trouble = read(params).map_err(wrong)?;
                self.inbox.trouble(&self.plugin.secrets.hide(&trouble.text));
            }
            "log" => {
                let log: Log = read(params).map_err(wrong)?;
                self.log(log.level, &self.plugin.secrets.hide(&log.text));
            }
            "ended" => {
                let ended: Ended = read(params).map_err(wrong)?;
                return Err(self.ended(&ended));
            }
            // Later versions may tell more.
            _ => {}
        }
        Ok(Phase::GoesOn)
    }

    fn ended(&self, ended: &Ended) -> ListenError {
        let text = self.plugin.secrets.hide(&ended.text);
        match ended.reason {
            Reason::Refused => ListenError::Refused(text),
            Reason::Conflict => ListenError::Conflict(text),
            Reason::Lost => ListenError::Lost { text, after: ended.after_ms.map(Duration::from_millis) },
        }
    }

    fn log(&self, level: Level, text: &str) {
        let (channel, account) = (&self.plugin.options.name, &self.plugin.options.account);
        match level {
            Level::Error => tracing::error!(channel, account, text, "A plugin says"),
            Level::Warn => tracing::warn!(channel, account, text, "A plugin says"),
            Level::Info => tracing::info!(channel, account, text, "A plugin says"),
            Level::Debug => tracing::debug!(channel, account, text, "A plugin says"),
        }
    }

    fn receipt(&self, outcome: Result<Value, Error>) -> Result<Receipt, SendError> {
        let receipt = outcome.map_err(Error::of_send).and_then(|result| {
            let result = if result.is_null() { Value::Object(serde_json::Map::new()) } else { result };
            // It answered that it did it; only what it says of it cannot be read.
            serde_json::from_value(result).or_else(|error| {
                Ok(Receipt {
                    note: Some(format!("the plugin's receipt cannot be read: {error}")),
                    ..Receipt::default()
                })
            })
        });
        receipt.map_err(|error| SendError { text: self.plugin.secrets.hide(&error.text), ..error })
    }

    fn send(&mut self, call: Call) -> Result<(), ListenError> {
        let Call { outbound, ticket, answer } = call;
        self.request("send", &outbound, Waiting::Send(answer), Some(ticket))
    }

    fn request(
        &mut self,
        method: &str,
        params: &impl serde::Serialize,
        waiting: Waiting,
        ticket: Option<Holder>,
    ) -> Result<(), ListenError> {
        let id = self.next_id;
        self.next_id += 1;
        let bytes = wire::request(id, method, params).map_err(|error| lost(error.to_string()))?;
        self.waiting.insert(id, waiting);
        self.write(Line { bytes, ticket })
    }

    fn answer(&mut self, id: &Value, outcome: Result<Value, Error>) -> Result<(), ListenError> {
        let bytes = wire::answer(id, outcome).map_err(|error| lost(error.to_string()))?;
        self.write(Line { bytes, ticket: None })
    }

    fn write(&mut self, line: Line) -> Result<(), ListenError> {
        self.lines.try_send(line).map_err(|_| lost("it does not read what is written to it".to_owned()))
    }
}

/// Waits for the store that is under way, or for ever.
async fn finished(storing: &mut Option<Storing>) -> (Value, Result<(), JournalError>) {
    let Some(under_way) = storing else { return std::future::pending().await };
    let result = under_way.done.as_mut().await;
    let id = under_way.id.take();
    *storing = None;
    (id, result)
}

/// Writes lines until one cannot be written; returns why.
async fn write(mut input: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<Line>) -> String {
    while let Some(Line { bytes, ticket }) = lines.recv().await {
        if ticket.is_some_and(|ticket| !ticket.begin()) {
            continue;
        }
        let written = timeout(WRITING, async {
            input.write_all(&bytes).await?;
            input.flush().await
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                // Its output says more, once it is read to its end.
                tokio::time::sleep(LAST_WORDS).await;
                return format!("nothing can be written to it: {error}");
            }
            Err(_) => return format!("it read nothing for {} s", WRITING.as_secs()),
        }
    }
    std::future::pending().await
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Error> {
    serde_json::from_value(params).map_err(|error| Error::new(Error::PARAMS, error.to_string()))
}

/// Lines and calls that wait, at most. Sends under way are fewer, so that answers always find room.
const QUEUE: usize = 128;

/// Sends under way.
const AT_ONCE: usize = 64;

const HANDSHAKE: Duration = Duration::from_secs(30);

/// How long a plugin may take to answer `shutdown`.
const GOODBYE: Duration = Duration::from_millis(800);

/// How long a plugin may leave a line unread.
const WRITING: Duration = Duration::from_secs(30);

/// When the next sign of life is due, where a plugin does not say so.
const NEXT: Duration = Duration::from_secs(150);

const LAST_WORDS: Duration = Duration::from_millis(200);
