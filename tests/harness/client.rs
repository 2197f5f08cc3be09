//! A client after the handshake: calls, events in order, the way it ends.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::socket::{Close, Incoming, Socket};
use crate::wait::PATIENCE;

/// A connected client.
#[derive(Debug)]
pub struct Client {
    /// The payload of hello-ok.
    pub hello: Value,
    /// The socket below.
    pub socket: Socket,
    /// Events that nobody has asked for yet, in the order they came.
    pub events: VecDeque<Value>,
    answers: VecDeque<Value>,
    next: u64,
}

impl Client {
    pub(crate) fn new(socket: Socket, hello: Value) -> Self {
        Self { hello, socket, events: VecDeque::new(), answers: VecDeque::new(), next: 0 }
    }

    /// Returns the device token of hello-ok.
    pub fn device_token(&self) -> String {
        let token = self.hello["auth"]["deviceToken"].as_str();
        token.unwrap_or_else(|| panic!("no device token: {}", self.hello["auth"])).to_owned()
    }

    /// Returns the scopes that were granted.
    pub fn scopes(&self) -> Vec<&str> {
        let scopes = self.hello["auth"]["scopes"].as_array().expect("scopes");
        scopes.iter().filter_map(Value::as_str).collect()
    }

    /// Sends a request; returns its id.
    pub async fn send(&mut self, method: &str, params: Value) -> String {
        self.next += 1;
        let id = format!("{}:{method}", self.next);
        self.socket.send_json(&json!({ "type": "req", "id": id, "method": method, "params": params })).await;
        id
    }

    /// Calls a method; `Err` is the error object.
    pub async fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send(method, params).await;
        let frame = self.answer(&id).await;
        if frame["ok"] == true { Ok(frame["payload"].clone()) } else { Err(frame["error"].clone()) }
    }

    /// Calls a method that must succeed.
    pub async fn ok(&mut self, method: &str, params: Value) -> Value {
        self.call(method, params.clone())
            .await
            .unwrap_or_else(|error| panic!("{method} {params} failed: {error}"))
    }

    /// Calls a method that must fail; returns the error object.
    pub async fn err(&mut self, method: &str, params: Value) -> Value {
        match self.call(method, params.clone()).await {
            Err(error) => error,
            Ok(payload) => panic!("{method} {params} succeeded: {payload}"),
        }
    }

    /// Waits for the next response frame with this id.
    pub async fn answer(&mut self, id: &str) -> Value {
        let found = self.try_answer(id).await;
        found.unwrap_or_else(|close| panic!("{id}: closed instead of answered: {close:?}"))
    }

    /// Waits for the next response frame with this id; `Err`: the line ended before.
    pub async fn try_answer(&mut self, id: &str) -> Result<Value, Close> {
        loop {
            if let Some(index) = self.answers.iter().position(|frame| frame["id"] == id) {
                return Ok(self.answers.remove(index).expect("just found"));
            }
            if let Some(close) = self.pump(PATIENCE).await.unwrap_or_else(|| panic!("{id}: no answer")) {
                return Err(close);
            }
        }
    }

    /// Waits for an event that `wanted` picks and takes it out of the queue.
    pub async fn event(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(index) = self.events.iter().position(&wanted) {
                return self.events.remove(index).expect("just found");
            }
            match self.pump(PATIENCE).await {
                Some(None) => {}
                Some(Some(close)) => panic!("{what}: closed before: {close:?}"),
                None => panic!("{what}: no such event; there are {:?}", self.events),
            }
        }
    }

    /// Waits for the `chat` event that ends this run.
    pub async fn final_chat(&mut self, run: &str) -> Value {
        let ends = |event: &Value| {
            let state = event["payload"]["state"].as_str().unwrap_or("");
            event["event"] == "chat"
                && event["payload"]["runId"] == run
                && matches!(state, "final" | "aborted" | "error")
        };
        self.event("the end of a run", ends).await["payload"].clone()
    }

    /// Reads one thing from the line. `None`: nothing came; `Some(Some(_))`: the line ended.
    pub async fn pump(&mut self, limit: Duration) -> Option<Option<Close>> {
        match self.socket.next_within(limit).await? {
            Incoming::Json(frame) if frame["type"] == "event" => self.events.push_back(frame),
            Incoming::Json(frame) => self.answers.push_back(frame),
            Incoming::Closed(close) => return Some(Some(close)),
            Incoming::Ping | Incoming::Pong(_) => {}
        }
        Some(None)
    }

    /// Reads until the line ends.
    pub async fn closed(&mut self) -> Close {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "the gateway does not close the line");
            match self.pump(PATIENCE).await {
                Some(Some(close)) => return close,
                Some(None) => {}
                None => panic!("the gateway does not close the line"),
            }
        }
    }

    /// Sends a chat message; returns the run's id, which is the key.
    pub async fn chat(&mut self, session: &str, text: &str) -> String {
        let key = uuid::Uuid::new_v4().to_string();
        let params = json!({ "sessionKey": session, "message": text, "idempotencyKey": key });
        let sent = self.ok("chat.send", params).await;
        assert_eq!(sent["runId"], key.as_str());
        key
    }

    /// Returns all messages of a conversation, oldest first, page by page.
    pub async fn history(&mut self, session: &str) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut offset = 0;
        loop {
            let params = json!({ "sessionKey": session, "limit": 1000, "offset": offset });
            let page = self.ok("chat.history", params).await;
            let messages = page["messages"].as_array().expect("messages").clone();
            offset += messages.len();
            let more = page["hasMore"] == true && !messages.is_empty();
            pages.push(messages);
            if !more {
                break;
            }
        }
        pages.into_iter().rev().flatten().collect()
    }
}
