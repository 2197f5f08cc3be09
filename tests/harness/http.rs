//! Plain HTTP over a socket of its own, byte for byte: wrong hosts and broken requests must be possible.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wait::PATIENCE;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code; 0 when the connection was closed without an answer.
    pub status: u16,
    /// Status line and headers, lowercase.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Reply {
    /// Returns a header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// Sends a request with these headers (a `host` header among them replaces the right one) and reads the answer.
pub async fn request(at: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        let _ = write!(text, "Host: {at}\r\n");
    }
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("Connection: close\r\nContent-Length: 0\r\n\r\n");
    request_raw(at, text.as_bytes()).await
}

/// Sends a request with a JSON body and the bearer, and reads the answer.
pub async fn request_json(at: SocketAddr, method: &str, path: &str, bearer: &str, body: &Value) -> Reply {
    let text = body.to_string();
    request_with(at, method, path, &[("Authorization", &format!("Bearer {bearer}"))], &text).await
}

/// Sends a request with these headers and a JSON text as body.
pub async fn request_with(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    request_raw(at, head_of(at, method, path, headers, body).as_bytes()).await
}

/// Returns the bytes of a request with a JSON text as body.
pub fn head_of(at: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    text
}

/// Sends bytes and reads until the other side closes.
pub async fn request_raw(at: SocketAddr, bytes: &[u8]) -> Reply {
    let exchange = async {
        let mut stream = TcpStream::connect(at).await.expect("it listens");
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time");
    reply(&answer)
}

/// Reads an answer.
pub(crate) fn reply(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let head = head.to_ascii_lowercase();
    let body = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
    Reply { status, head, body }
}

/// Takes a body out of its chunks (RFC 9112, 7.1).
fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, more)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = more.get(..size).filter(|_| size > 0) else { break };
        body.push_str(chunk);
        rest = more.get(size + 2..).unwrap_or_default();
    }
    body
}
