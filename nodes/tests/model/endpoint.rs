//! An endpoint of the chat-completions kind with faults: what it answers to each request is set beforehand.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What becomes of a request.
#[derive(Clone)]
pub(crate) enum Say {
    /// These pieces, and the end of the stream.
    Pieces(Vec<Value>),
    /// These bytes after the head of a stream, then the connection is cut.
    Cut(String),
    /// An answer without a stream.
    Plain(u16, &'static str, String),
    /// The head of a stream, then nothing.
    Silence,
}

/// The endpoint; one answer is used for each request, the last for all that follow.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<(Value, String)>>>,
    /// Ends what it serves when it is dropped.
    _serving: JoinSet<()>,
}

/// Returns the pieces of an answer of these words.
pub(crate) fn words(words: &[&str]) -> Say {
    let mut pieces: Vec<Value> =
        words.iter().map(|word| json!({"choices": [{"delta": {"content": word}}]})).collect();
    pieces.push(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}));
    pieces.push(json!({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 10}}));
    Say::Pieces(pieces)
}

impl Endpoint {
    pub(crate) async fn start(answers: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<(Value, String)>>> = Arc::default();
        let seen = Arc::clone(&requests);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answers) = (Arc::clone(&seen), answers.clone());
                open.spawn(async move { serve(stream, &seen, &answers).await });
            }
        });
        Self { url, requests, _serving: serving }
    }

    /// Returns the bodies of the requests, each with its head.
    pub(crate) fn requests(&self) -> Vec<(Value, String)> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, seen: &Mutex<Vec<(Value, String)>>, answers: &[Say]) {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push((serde_json::from_slice(&body).unwrap(), head));
        seen.len() - 1
    };
    let answer = answers.get(number).or(answers.last()).unwrap();
    let start = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let text = match answer {
        Say::Pieces(pieces) => {
            let mut events = ": a comment\n\n".to_owned();
            for piece in pieces.iter().map(Value::to_string).chain(["[DONE]".to_owned()]) {
                events.extend(["data: ", &piece, "\n\n"]);
            }
            format!("{start}{:x}\r\n{events}\r\n0\r\n\r\n", events.len())
        }
        Say::Cut(text) => format!("{start}{:x}\r\n{text}\r\n", text.len()),
        Say::Silence => start.to_owned(),
        Say::Plain(status, headers, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
    };
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    if matches!(answer, Say::Silence) {
        let _ = stream.read_u8().await;
    }
}
