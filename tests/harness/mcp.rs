//! MCP over HTTP as a plain client speaks it: one request, one stream of events.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::http::{Reply, request_raw};

/// Somebody who sends MCP requests.
#[derive(Clone, Debug)]
pub struct McpClient {
    at: SocketAddr,
    bearer: Option<String>,
}

impl McpClient {
    /// Returns a client of the gateway at an address; `None`: it shows no bearer.
    pub fn new(at: SocketAddr, bearer: Option<&str>) -> Self {
        Self { at, bearer: bearer.map(ToOwned::to_owned) }
    }

    /// Sends a body with these headers besides the usual ones.
    pub async fn post(&self, body: &str, headers: &[(&str, &str)]) -> Reply {
        let mut text = format!("POST /mcp HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
        let mut add = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        };
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            add("Host", &self.at.to_string());
        }
        if let Some(bearer) = &self.bearer {
            add("Authorization", &format!("Bearer {bearer}"));
        }
        add("Content-Type", "application/json");
        add("Accept", "application/json, text/event-stream");
        for (name, value) in headers {
            add(name, value);
        }
        text.push_str("Connection: close\r\n\r\n");
        text.push_str(body);
        request_raw(self.at, text.as_bytes()).await
    }

    /// Sends a JSON-RPC request and returns the whole answer.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let reply = self.post(&body.to_string(), &[]).await;
        assert_eq!(reply.status, 200, "{method}: {reply:?}");
        let lines = reply.body.lines().filter_map(|line| line.strip_prefix("data:"));
        let mut answers = lines.filter_map(|line| serde_json::from_str::<Value>(line.trim()).ok());
        answers.find(|answer| answer["id"] == 1).unwrap_or_else(|| panic!("{method}: no answer: {reply:?}"))
    }

    /// Calls a tool and returns its result, good or bad.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        assert!(answer["error"].is_null(), "{tool}: {answer}");
        answer["result"].clone()
    }

    /// Returns the tools by name.
    pub async fn tools(&self) -> Vec<Value> {
        let answer = self.ask("tools/list", json!({})).await;
        answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {answer}")).clone()
    }
}
