//! A server that answers each request as a test says, or does not.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// What the server does with a request.
pub(super) enum Reply {
    /// Answers with a status and JSON.
    Json(u16, Value),
    /// Answers with a status and something else.
    Other(u16, &'static str),
    /// Answers with bytes.
    Bytes(Vec<u8>),
    /// Closes the connection without an answer.
    Cut,
    /// Promises an answer and closes the connection in its middle.
    Break,
    /// Says nothing for as long as the client waits.
    Stall,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// What follows the last `/` of its path.
    pub(super) method: String,
    /// Its path.
    pub(super) path: String,
    /// Its body.
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// Returns the body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Returns the body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

/// The server, for as long as the test runs.
pub(super) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Begins to answer as `script` says.
    pub(super) fn start(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let kept = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, kept) = (script.clone(), kept.clone());
                thread::spawn(move || serve(stream, &script, &kept));
            }
        });
        Self { port, seen }
    }
    /// Answers requests in turn, the last one's way for all that follow.
    pub(super) fn turns(replies: Vec<Reply>) -> Self {
        let mut replies = replies.into_iter();
        Self::start(move |_| replies.next().unwrap_or(Reply::Cut))
    }

    /// Returns the root to give to the channel.
    pub(super) fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns what arrived.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Returns a successful answer.
pub(super) fn ok(result: Value) -> Reply {
    let mut body = json!({ "ok": true });
    body["result"] = result;
    Reply::Json(200, body)
}

/// Returns an answer that the Bot API gives when it did nothing.
pub(super) fn fail(code: u16, description: &str) -> Reply {
    Reply::Json(code, json!({ "ok": false, "error_code": code, "description": description }))
}

/// Returns a port that nobody listens on.
pub(super) fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>, kept: &Mutex<Vec<Seen>>) {
    let Some(seen) = read(&mut stream) else {
        return;
    };
    kept.lock().unwrap().push(seen.clone());
    let reply = (script.lock().unwrap())(&seen);
    let answer = |status: u16, body: &[u8]| {
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let bytes = match reply {
        Reply::Json(status, body) => answer(status, body.to_string().as_bytes()),
        Reply::Other(status, body) => answer(status, body.as_bytes()),
        Reply::Bytes(body) => answer(200, &body),
        Reply::Break => b"HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\n{\"ok\":true,".to_vec(),
        Reply::Cut => return,
        Reply::Stall => {
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
    };
    let _ = stream.write_all(&bytes);
}

fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut held = Vec::new();
    let mut buffer = vec![0; 65536];
    let mut body_at = None;
    loop {
        if body_at.is_none() {
            body_at = held.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        }
        if let Some(body) = body_at {
            let text = String::from_utf8_lossy(&held[..body]).into_owned();
            let length = text
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if held.len() >= body + length.unwrap_or(0) {
                let path = text.split(' ').nth(1)?.to_owned();
                let method = path.rsplit('/').next()?.to_owned();
                return Some(Seen { method, path, body: held[body..].to_vec() });
            }
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        held.extend_from_slice(&buffer[..count]);
    }
}
