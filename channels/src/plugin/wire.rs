//! The messages between the gateway and a plugin: JSON-RPC 2.0, one a line.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channel::Traits;
use crate::inbound::{Bot, Inbound};
use crate::outbound::{Failure, Retry, SendError};

/// The version of these messages.
pub(super) const PROTOCOL_VERSION: u32 = 1;

/// The longest line that is read, in bytes; a longer one ends the connection.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// Most events of one `inbox.store`.
pub(super) const MOST_EVENTS: usize = 1000;

/// The least that a plugin may allow in one text; less would make a flood of each answer.
pub(super) const SHORTEST_TEXT: usize = 40;

/// What a plugin wrote.
#[derive(Debug)]
pub(super) enum Incoming {
    Request { id: Value, method: String, params: Value },
    Notification { method: String, params: Value },
    Answer { id: u64, outcome: Result<Value, Error> },
}

/// The error of an answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Error {
    pub(super) code: i64,
    pub(super) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Raw {
    jsonrpc: String,
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<Error>,
}

impl Incoming {
    /// Reads a line; the error says what is wrong with it without repeating it.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let raw: Raw =
            serde_json::from_slice(line).map_err(|error| format!("not a JSON-RPC message: {error}"))?;
        if raw.jsonrpc != "2.0" {
            return Err("`jsonrpc` must be \"2.0\"".to_owned());
        }
        match (raw.method, raw.id) {
            (Some(method), Some(id)) => Ok(Self::Request { id, method, params: raw.params }),
            (Some(method), None) => Ok(Self::Notification { method, params: raw.params }),
            (None, id) => {
                let id =
                    id.and_then(|id| id.as_u64()).ok_or("an answer must repeat the `id` of its request")?;
                Ok(Self::Answer { id, outcome: raw.error.map_or(Ok(raw.result), Err) })
            }
        }
    }
}

/// `initialize`: what the plugin is told first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Initialize {
    pub(super) protocol_version: u32,
    pub(super) account: String,
    pub(super) settings: Value,
    pub(super) cursor: Option<String>,
}

/// The answer to `initialize`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Hello {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) protocol_version: Option<u32>,
    pub(super) name: String,
    pub(super) traits: Traits,
    pub(super) bot: Bot,
}

/// `inbox.store`: what happened on the platform, and how far the plugin has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Store {
    pub(super) events: Vec<Inbound>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// `alive`: the platform has answered a poll or a heartbeat.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Alive {
    /// Within what time it is to answer the next one, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next_ms: Option<u64>,
}

/// `trouble`: something that does not end the connection, for people.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trouble {
    pub(super) text: String,
}

/// `log`: a line for the gateway's log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: Level,
    pub(super) text: String,
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// `ended`, and the `data` of an error of `initialize`: why there is no connection.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ended {
    pub(super) reason: Reason,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after_ms: Option<u64>,
}

/// The kinds of [`crate::ListenError`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reason {
    Refused,
    Conflict,
    Lost,
}

/// Returns the line of a request.
pub(super) fn request(id: u64, method: &str, params: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let params = serde_json::to_value(params)?;
    line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

/// Returns the line of an answer.
pub(super) fn answer(id: &Value, outcome: Result<Value, Error>) -> Result<Vec<u8>, serde_json::Error> {
    line(&match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
    })
}

fn line(message: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

impl Error {
    /// There is no such method.
    pub(super) const METHOD: i64 = -32601;
    /// The params do not fit.
    pub(super) const PARAMS: i64 = -32602;
    /// It could not be stored.
    pub(super) const NOT_STORED: i64 = -32001;
    /// It came at the wrong time.
    pub(super) const NOT_NOW: i64 = -32002;

    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Returns why a send failed. Without `data` only a refusal to look at it is known to have done nothing.
    pub(super) fn of_send(self) -> SendError {
        let said = self.data.and_then(|data| serde_json::from_value::<SendError>(data).ok());
        let failure = match self.code {
            Self::METHOD => Failure::Unsupported,
            Self::PARAMS => Failure::Refused,
            _ => Failure::Unknown,
        };
        said.unwrap_or(SendError { failure, retry: Retry::Never, text: self.message })
    }
}
