//! A WebSocket without any knowledge of the protocol above it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::wait::PATIENCE;

/// Close code and reason; 1005 stands for a close frame without a code, 1006 for a cut line.
pub type Close = (u16, String);

/// What comes from the gateway.
#[derive(Debug)]
pub enum Incoming {
    /// A text message holding JSON.
    Json(Value),
    /// An answer to a ping.
    Pong(Vec<u8>),
    /// A ping.
    Ping,
    /// The end.
    Closed(Close),
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    ws: WebSocketStream<TcpStream>,
    closed: Option<Close>,
}

impl Socket {
    /// Opens a WebSocket on `/`.
    pub async fn open(at: SocketAddr) -> Self {
        Self::open_with(at, "/", &[]).await.unwrap_or_else(|status| panic!("no upgrade: {status}"))
    }

    /// Opens a WebSocket on `path` with further headers; `Err` is the HTTP status of a refusal, 0 a cut line.
    pub async fn open_with(at: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(at).await.expect("it listens");
        Self::over(stream, at, path, headers).await
    }

    /// The same with a receive buffer of `bytes` in the kernel, so that a stalled reader soon shows.
    pub async fn open_narrow(at: SocketAddr, bytes: u32, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(bytes).expect("a buffer");
        let stream = socket.connect(at).await.expect("it listens");
        Self::over(stream, at, "/", headers).await
    }

    async fn over(
        stream: TcpStream,
        at: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        drop(stream.set_nodelay(true));
        let mut request = format!("ws://{at}{path}").into_client_request().expect("a request");
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header's name");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
        let opened = client_async_with_config(request, stream, Some(config));
        match tokio::time::timeout(PATIENCE, opened).await.expect("an upgrade in time") {
            Ok((ws, response)) => {
                let extensions = response.headers().get("sec-websocket-extensions");
                assert!(extensions.is_none(), "compression must stay off: {extensions:?}");
                Ok(Self { ws, closed: None })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(_) => Err(0),
        }
    }

    /// Returns the stream below, to write frames byte for byte.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.ws.get_mut()
    }

    /// Sends a message; whether the line still stands shows on the next read.
    pub async fn send(&mut self, message: Message) {
        let _ = tokio::time::timeout(PATIENCE, self.ws.send(message)).await.expect("the gateway reads");
    }

    /// Sends JSON as text.
    pub async fn send_json(&mut self, value: &Value) {
        self.send(Message::text(value.to_string())).await;
    }

    /// Sends text.
    pub async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text.to_owned())).await;
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send(Message::binary(bytes.to_vec())).await;
    }

    /// Returns what comes next; panics when nothing comes.
    pub async fn next(&mut self) -> Incoming {
        self.next_within(PATIENCE).await.expect("the gateway says something")
    }

    /// Returns what comes next within `limit`; `None`: nothing did.
    pub async fn next_within(&mut self, limit: Duration) -> Option<Incoming> {
        if let Some(close) = &self.closed {
            return Some(Incoming::Closed(close.clone()));
        }
        let message = tokio::time::timeout(limit, self.ws.next()).await.ok()?;
        Some(match message {
            // The one word that is no JSON: pages of old know it.
            Some(Ok(Message::Text(text))) if text == "reload" => Incoming::Json(Value::from("reload")),
            Some(Ok(Message::Text(text))) => {
                Incoming::Json(serde_json::from_str(&text).expect("only JSON is sent"))
            }
            Some(Ok(Message::Ping(_))) => Incoming::Ping,
            Some(Ok(Message::Pong(payload))) => Incoming::Pong(payload.to_vec()),
            Some(Ok(Message::Close(frame))) => {
                let close = frame.map_or((1005, String::new()), |frame| {
                    (frame.code.into(), frame.reason.as_str().to_owned())
                });
                self.closed = Some(close.clone());
                let _ = self.ws.flush().await;
                Incoming::Closed(close)
            }
            Some(Ok(other)) => panic!("the gateway sends text only: {other:?}"),
            Some(Err(_)) | None => {
                let close = (1006, String::new());
                self.closed = Some(close.clone());
                Incoming::Closed(close)
            }
        })
    }

    /// Returns the next JSON message; panics when the line ends before.
    pub async fn json(&mut self) -> Value {
        loop {
            match self.next().await {
                Incoming::Json(value) => return value,
                Incoming::Closed(close) => panic!("closed instead of answering: {close:?}"),
                Incoming::Ping | Incoming::Pong(_) => {}
            }
        }
    }

    /// Reads until the line ends; returns what came and how it ended.
    pub async fn rest(&mut self) -> (Vec<Value>, Close) {
        let mut messages = Vec::new();
        loop {
            match self.next().await {
                Incoming::Json(value) => messages.push(value),
                Incoming::Closed(close) => return (messages, close),
                Incoming::Ping | Incoming::Pong(_) => {}
            }
        }
    }

    /// Waits for the challenge; returns nonce and time.
    pub async fn challenge(&mut self) -> (String, i64) {
        let event = self.json().await;
        assert_eq!(event["event"], "connect.challenge", "{event}");
        assert!(event.get("seq").is_none(), "the challenge has no seq: {event}");
        let nonce = event["payload"]["nonce"].as_str().expect("a nonce").to_owned();
        (nonce, event["payload"]["ts"].as_i64().expect("a time"))
    }

    /// Closes the line politely.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(PATIENCE, self.ws.close(None)).await;
    }
}
