//! A REST request taken apart, and the answer to it.

use bytes::Bytes;
use serde_json::Value;

use super::model::Id;
use super::multipart::{self, File};
use super::refusal::Refusal;

/// A request whose route is known.
#[derive(Debug)]
pub(super) struct Request {
    /// What the names in braces of the route stand for.
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) files: Vec<File>,
}

/// What a handler answers when it did something.
#[derive(Debug)]
pub(super) enum Reply {
    /// 204.
    Nothing,
    /// A status with a body.
    Json(u16, Value),
}

/// What a handler answers.
pub(super) type Answer = Result<Reply, Refusal>;

/// 200 with a body.
#[expect(clippy::unnecessary_wraps, reason = "it is what handlers end with")]
pub(super) fn ok(body: Value) -> Answer {
    Ok(Reply::Json(200, body))
}

impl Request {
    /// Returns a part of the path.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value)
    }

    /// Returns an id of the path.
    pub(super) fn id(&self, name: &str) -> Result<Id, Refusal> {
        let text = self.param(name);
        text.parse().map_err(|_| {
            let message = format!("Value \"{text}\" is not snowflake.");
            Refusal::field(format!("{name}_id"), "NUMBER_TYPE_COERCE", message)
        })
    }

    /// Returns a value of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Returns an id of the query.
    pub(super) fn query_id(&self, name: &str) -> Option<Id> {
        self.query(name)?.parse().ok()
    }

    /// Returns a text of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }
}

/// Reads a body: JSON, or a form whose part `payload_json` is the body.
pub(super) fn read_body(kind: &str, bytes: &Bytes) -> Result<(Value, Vec<File>), Refusal> {
    if bytes.is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    if kind.starts_with("multipart/form-data") {
        return multipart::read(kind, bytes).ok_or(Refusal::NO_JSON);
    }
    if !kind.starts_with("application/json") {
        return Err(Refusal::field(
            "_",
            "CONTENT_TYPE",
            format!("Expected \"Content-Type\" header to be one of {{'application/json'}}, not {kind}"),
        ));
    }
    serde_json::from_slice(bytes).map(|body| (body, Vec::new())).map_err(|_| Refusal::NO_JSON)
}

/// Reads a query.
pub(super) fn read_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent encoding.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
