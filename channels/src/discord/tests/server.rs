//! A small server for these tests: scripted answers to calls, and the gateway's sockets in a test's own hands.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::channel::{Inbox, Journal, JournalError};
use crate::discord::{Discord, Options};
use crate::inbound::{Bot, Inbound};

pub(super) const TOKEN: &str = "very-secret-token";

/// A call that came.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) what: String,
    pub(super) body: String,
}

impl Called {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Is(u16, Value),
    With(u16, Vec<(&'static str, String)>, Value),
    Text(u16, String),
    Cut,
}

#[derive(Debug, Default)]
struct State {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    calls: Mutex<Vec<Called>>,
    changed: Notify,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Arc<State>,
    sockets: mpsc::UnboundedReceiver<WebSocketStream<TcpStream>>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let (sender, sockets) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let shared = state.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, shared.clone(), sender.clone(), address));
            }
        });
        Self { address, state, sockets, _tasks: tasks }
    }

    pub(super) fn discord(&self) -> Discord {
        discord(&format!("http://{}", self.address))
    }

    /// Answers the next call of `what` (method and path) so.
    pub(super) fn answer(&self, what: &str, answer: Answer) {
        self.state.answers.lock().unwrap().entry(what.to_owned()).or_default().push_back(answer);
    }

    pub(super) fn calls(&self) -> Vec<Called> {
        self.state.calls.lock().unwrap().clone()
    }

    /// Waits until a call of `what` has come.
    pub(super) async fn called(&self, what: &str) -> Called {
        within(async {
            loop {
                let changed = self.state.changed.notified();
                if let Some(call) = self.calls().into_iter().find(|call| call.what == what) {
                    return call;
                }
                changed.await;
            }
        })
        .await
    }

    /// Waits for the next gateway connection.
    pub(super) async fn socket(&mut self) -> Peer {
        Peer(within(self.sockets.recv()).await.unwrap())
    }
}

pub(super) fn discord(root: &str) -> Discord {
    Discord::new(Options {
        account: "main".into(),
        token: SecretString::from(TOKEN),
        api_root: Some(root.to_owned()),
        client: crate::client::builder().unwrap().no_proxy().build().unwrap(),
        intents: None,
        slash_guild: None,
        embeds: true,
    })
}

/// The far side of a gateway connection.
pub(super) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    pub(super) async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub(super) async fn dispatch(&mut self, seq: u64, name: &str, data: Value) {
        self.send(json!({"op": 0, "s": seq, "t": name, "d": data})).await;
    }

    pub(super) async fn hello(&mut self, interval: u64) {
        self.send(json!({"op": 10, "d": {"heartbeat_interval": interval}})).await;
    }

    /// Waits for the next frame with this opcode.
    pub(super) async fn wait(&mut self, op: u64) -> Value {
        within(async {
            loop {
                let Some(Ok(Message::Text(text))) = self.0.next().await else {
                    panic!("the connection ended")
                };
                let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                if frame["op"] == op {
                    return frame;
                }
            }
        })
        .await
    }

    pub(super) async fn close(&mut self, code: u16) {
        self.0.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await.unwrap();
        while let Some(Ok(_)) = self.0.next().await {}
    }

    /// Waits until the other side closes, and returns its code.
    pub(super) async fn closed(&mut self) -> Option<u16> {
        within(async {
            while let Some(Ok(message)) = self.0.next().await {
                if let Message::Close(frame) = message {
                    return frame.map(|frame| frame.code.into());
                }
            }
            None
        })
        .await
    }
}

pub(super) fn ready(address: SocketAddr, session: &str) -> Value {
    json!({
        "v": 10, "session_id": session, "resume_gateway_url": format!("ws://{address}/resume"),
        "user": {"id": "1", "username": "robot", "bot": true}, "application": {"id": "100", "flags": 0},
        "guilds": [], "private_channels": [],
    })
}

/// A journal in memory whose storing a test can hold up.
#[derive(Debug)]
pub(super) struct Notes {
    state: Mutex<Noted>,
    pub(super) gate: Semaphore,
    changed: Notify,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    pub(super) stored: Vec<Inbound>,
    pub(super) cursor: Option<String>,
    pub(super) alive: usize,
    pub(super) bot: Option<Bot>,
    pub(super) troubles: Vec<String>,
}

impl Notes {
    pub(super) fn new() -> Arc<Self> {
        let gate = Semaphore::new(1_000_000);
        Arc::new(Self { state: Mutex::default(), gate, changed: Notify::new() })
    }

    pub(super) fn inbox(self: &Arc<Self>) -> Inbox {
        Inbox::new(self.clone())
    }

    pub(super) fn now(&self) -> Noted {
        self.state.lock().unwrap().clone()
    }

    pub(super) fn cursor(&self) -> Value {
        serde_json::from_str(&self.now().cursor.unwrap_or_default()).unwrap_or_default()
    }

    pub(super) async fn until(&self, met: impl Fn(&Noted) -> bool) -> Noted {
        within(async {
            loop {
                let changed = self.changed.notified();
                let now = self.now();
                if met(&now) {
                    return now;
                }
                changed.await;
            }
        })
        .await
    }

    fn change(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_waiters();
    }
}

#[async_trait]
impl Journal for Notes {
    async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError> {
        self.gate.acquire().await.map_err(|_| JournalError("closed".into()))?.forget();
        self.change(|noted| {
            for one in batch {
                if noted.stored.iter().all(|old| old.id != one.id) {
                    noted.stored.push(one);
                }
            }
            noted.cursor = cursor.or(noted.cursor.take());
        });
        Ok(())
    }

    fn cursor(&self) -> Option<String> {
        self.now().cursor
    }

    fn alive(&self, _: Duration) {
        self.change(|noted| noted.alive += 1);
    }

    fn identify(&self, bot: Bot) {
        self.change(|noted| noted.bot = Some(bot));
    }

    fn trouble(&self, text: &str) {
        self.change(|noted| noted.troubles.push(text.to_owned()));
    }
}

/// Nothing here takes long.
pub(super) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it takes too long")
}

async fn serve(
    mut stream: TcpStream,
    state: Arc<State>,
    sockets: mpsc::UnboundedSender<WebSocketStream<TcpStream>>,
    address: SocketAddr,
) {
    let mut buffer = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut buffer).await {
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
            line.map(|line| line[name.len() + 1..].trim().to_owned())
        };
        if let Some(key) = header("sec-websocket-key") {
            let accept = derive_accept_key(key.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = sockets.send(WebSocketStream::from_raw_socket(stream, Role::Server, None).await);
            return;
        }
        let mut line = head.lines().next().unwrap_or_default().split(' ');
        let (method, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
        let what = format!("{method} {}", path.strip_prefix("/api/v10").unwrap_or(path));
        if what != "GET /gateway" {
            assert!(header("authorization").is_none_or(|is| is == format!("Bot {TOKEN}")));
        }
        state.calls.lock().unwrap().push(Called { what: what.clone(), body });
        state.changed.notify_waiters();
        let scripted = state.answers.lock().unwrap().get_mut(&what).and_then(VecDeque::pop_front);
        let answer = scripted.unwrap_or_else(|| match what.as_str() {
            "GET /gateway" => Answer::Is(200, json!({"url": format!("ws://{address}")})),
            what if what.contains("after=") => Answer::Is(200, json!([])),
            _ => Answer::Is(200, json!({"id": "777"})),
        });
        let (status, headers, text) = match answer {
            Answer::Cut => return,
            Answer::Is(status, json) => (status, Vec::new(), json.to_string()),
            Answer::With(status, headers, json) => (status, headers, json.to_string()),
            Answer::Text(status, text) => (status, Vec::new(), text),
        };
        let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = lines.collect::<Vec<_>>().concat();
        let answer = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{text}", text.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String)> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let length = length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or_default();
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer[end..end + length]).into_owned();
    buffer.drain(..end + length);
    Some((head, body))
}
