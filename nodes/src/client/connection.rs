//! An open connection: requests go out, answers find their callers, events queue for whoever listens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use schemas::frame::{EventFrame, RequestFrame, RequestKind, ResponseFrame};
use schemas::methods::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::dial::Socket;
use super::error::{CallError, Closed};

/// Requests that may wait to be written.
const MAX_WAITING: usize = 64;
/// Events that may wait to be heard; more are dropped and counted.
const MAX_EVENTS: usize = 4096;

/// Calls methods over one connection. Clones share it; it ends with the last of them.
#[derive(Clone, Debug)]
pub struct Client {
    out: mpsc::Sender<Call>,
    next_id: Arc<AtomicU64>,
    timeout: Duration,
    closed: Arc<Mutex<Closed>>,
    /// Aborted when the last clone is dropped.
    _pump: Arc<JoinSet<()>>,
}

/// Hears the events of one connection.
#[derive(Debug)]
pub struct Events {
    queue: mpsc::Receiver<EventFrame>,
    missed: Arc<AtomicU64>,
    closed: Arc<Mutex<Closed>>,
}

/// The first answer of a method that answers twice, and the way to its last.
#[derive(Debug)]
pub struct TwoPhase {
    /// The first answer; the last one too where the gateway gives only one.
    pub first: Value,
    method: String,
    rest: Option<mpsc::Receiver<ResponseFrame>>,
    closed: Arc<Mutex<Closed>>,
}

#[derive(Debug)]
struct Call {
    frame: RequestFrame,
    two_phase: bool,
    answers: mpsc::Sender<ResponseFrame>,
}

impl Client {
    /// Returns the same connection with another limit for one call.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Calls a declared method.
    pub async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Output, CallError>
    where
        M::Params: Serialize,
        M::Output: DeserializeOwned,
    {
        let shape =
            |error: serde_json::Error| CallError::Shape { method: M::NAME.into(), why: error.to_string() };
        let params = serde_json::to_value(params).map_err(shape)?;
        serde_json::from_value(self.call_raw(M::NAME, params).await?).map_err(shape)
    }

    /// Calls a method by name.
    pub async fn call_raw(&self, method: &str, params: Value) -> Result<Value, CallError> {
        let mut answers = self.send(method, params, false).await?;
        self.answer(method, &mut answers).await
    }

    /// Calls a method that first says that it accepted the work and later how that ended.
    pub async fn call_two_phase(&self, method: &str, params: Value) -> Result<TwoPhase, CallError> {
        let mut answers = self.send(method, params, true).await?;
        let first = self.answer(method, &mut answers).await?;
        let rest = is_first(&first).then_some(answers);
        Ok(TwoPhase { first, method: method.to_owned(), rest, closed: self.closed.clone() })
    }

    async fn send(
        &self,
        method: &str,
        params: Value,
        two_phase: bool,
    ) -> Result<mpsc::Receiver<ResponseFrame>, CallError> {
        let id = format!("{}:{}", self.next_id.fetch_add(1, Ordering::Relaxed), uuid::Uuid::new_v4());
        let frame =
            RequestFrame { kind: RequestKind::Req, id, method: method.to_owned(), params: Some(params) };
        let (answers, heard) = mpsc::channel(2);
        let call = Call { frame, two_phase, answers };
        match tokio::time::timeout(self.timeout, self.out.send(call)).await {
            Ok(Ok(())) => Ok(heard),
            Ok(Err(_)) => Err(lost(&self.closed)),
            Err(_) => Err(CallError::Timeout { method: method.to_owned(), after: self.timeout }),
        }
    }

    async fn answer(
        &self,
        method: &str,
        from: &mut mpsc::Receiver<ResponseFrame>,
    ) -> Result<Value, CallError> {
        match tokio::time::timeout(self.timeout, from.recv()).await {
            Ok(Some(frame)) => outcome(method, frame),
            Ok(None) => Err(lost(&self.closed)),
            Err(_) => Err(CallError::Timeout { method: method.to_owned(), after: self.timeout }),
        }
    }
}

impl TwoPhase {
    /// Waits for the last answer, at most `limit`.
    pub async fn last(self, limit: Duration) -> Result<Value, CallError> {
        let Some(mut rest) = self.rest else { return Ok(self.first) };
        match tokio::time::timeout(limit, rest.recv()).await {
            Ok(Some(frame)) => outcome(&self.method, frame),
            Ok(None) => Err(lost(&self.closed)),
            Err(_) => Err(CallError::Timeout { method: self.method, after: limit }),
        }
    }
}

impl Events {
    /// Waits for the next event; `None`: the connection ended, see [`Events::closed`].
    pub async fn next(&mut self) -> Option<EventFrame> {
        self.queue.recv().await
    }

    /// Returns how many events were dropped because nobody listened fast enough.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Says how the connection ended.
    pub fn closed(&self) -> Closed {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Says whether an answer announces another one (protocol 4).
fn is_first(payload: &Value) -> bool {
    payload.get("status").and_then(Value::as_str) == Some("accepted")
}

fn outcome(method: &str, frame: ResponseFrame) -> Result<Value, CallError> {
    match (frame.ok, frame.error) {
        (true, _) => Ok(frame.payload.unwrap_or_default()),
        (false, Some(error)) => Err(CallError::Refused(error)),
        (false, None) => {
            Err(CallError::Shape { method: method.to_owned(), why: "a failure without an error".into() })
        }
    }
}

fn lost(closed: &Mutex<Closed>) -> CallError {
    CallError::Closed(closed.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Reads a close frame.
pub(super) fn closed(frame: Option<CloseFrame>) -> Closed {
    frame.map_or_else(Closed::default, |frame| Closed {
        code: Some(frame.code.into()),
        reason: frame.reason.to_string(),
    })
}

/// Starts to serve a socket whose handshake is done.
pub(super) fn start(socket: Socket, timeout: Duration) -> (Client, Events) {
    let (out, calls) = mpsc::channel(MAX_WAITING);
    let (heard, queue) = mpsc::channel(MAX_EVENTS);
    let closed = Arc::new(Mutex::new(Closed::default()));
    let missed = Arc::new(AtomicU64::new(0));
    let pump = Pump { waiting: HashMap::new(), heard, missed: missed.clone(), closed: closed.clone() };
    let mut task = JoinSet::new();
    task.spawn(pump.run(socket, calls));
    let client = Client {
        out,
        next_id: Arc::new(AtomicU64::new(2)),
        timeout,
        closed: closed.clone(),
        _pump: Arc::new(task),
    };
    (client, Events { queue, missed, closed })
}

/// Moves frames between the socket and those who wait.
struct Pump {
    waiting: HashMap<String, (bool, mpsc::Sender<ResponseFrame>)>,
    heard: mpsc::Sender<EventFrame>,
    missed: Arc<AtomicU64>,
    closed: Arc<Mutex<Closed>>,
}

impl Pump {
    async fn run(mut self, mut socket: Socket, mut calls: mpsc::Receiver<Call>) {
        let end = loop {
            tokio::select! {
                call = calls.recv() => match call {
                    Some(call) => {
                        if let Err(error) = self.write(&mut socket, call).await {
                            break Closed { code: None, reason: error.to_string() };
                        }
                    }
                    None => break Closed::default(),
                },
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.read(text.as_bytes()),
                    Some(Ok(Message::Binary(bytes))) => self.read(&bytes),
                    Some(Ok(Message::Close(frame))) => break closed(frame),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break Closed { code: None, reason: error.to_string() },
                    None => break Closed::default(),
                },
            }
        };
        // Written before the senders go, so that whoever wakes up finds the reason.
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }

    async fn write(
        &mut self,
        socket: &mut Socket,
        call: Call,
    ) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        // Callers that gave up leave their entry behind until the next call.
        self.waiting.retain(|_, (_, answers)| !answers.is_closed());
        let text = serde_json::to_string(&call.frame).map_err(std::io::Error::from)?;
        self.waiting.insert(call.frame.id, (call.two_phase, call.answers));
        socket.send(Message::text(text)).await
    }

    /// Hands an answer to its caller or an event to the listener; anything else is not for us.
    fn read(&mut self, bytes: &[u8]) {
        if let Ok(answer) = serde_json::from_slice::<ResponseFrame>(bytes) {
            self.settle(answer);
        } else if let Ok(event) = serde_json::from_slice::<EventFrame>(bytes)
            && let Err(mpsc::error::TrySendError::Full(_)) = self.heard.try_send(event)
        {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn settle(&mut self, answer: ResponseFrame) {
        let more = answer.ok && answer.payload.as_ref().is_some_and(is_first);
        let Some((two_phase, answers)) = self.waiting.get(&answer.id) else { return };
        let keep = *two_phase && more;
        let id = answer.id.clone();
        // The queue holds both answers, so this fails only when the caller is gone.
        let _ = answers.try_send(answer);
        if !keep {
            self.waiting.remove(&id);
        }
    }
}
