//! Decodes the lines that Claude Code prints with `--output-format stream-json`.
//!
//! The format grows with every version: unknown types, subtypes and fields are passed over, and a known line
//! is read field by field, so that a changed field costs that field and not the line.

use serde_json::Value;
use uuid::Uuid;

/// One line, as far as this executor cares.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A turn begins; printed again at every turn.
    Init { session: Option<Uuid>, model: Option<String> },
    /// The API failed and is asked again.
    ApiRetry { attempt: u32, max: u32, delay_ms: u64, error: String },
    /// A tool was refused without asking.
    PermissionDenied { tool: String, message: String },
    /// A notice that is a warning or worse.
    Warning { text: String },
    /// A user line of ours was taken up: it is part of the conversation now.
    TakenUp { user_line: Uuid },
    /// A piece of a message of the main agent, as the API streams it.
    Stream(Stream),
    /// A finished block, or several, of a message.
    Assistant(Assistant),
    /// Tools ended.
    ToolResults(Vec<ToolResult>),
    /// The agent asks whether it may use a tool.
    Ask(Ask),
    /// The agent no longer waits for the answer to a question.
    Withdrawn { request: String },
    /// The agent asks for something this executor does not offer.
    UnknownRequest { request: String, subtype: String },
    /// A turn ended.
    Result(Box<TurnResult>),
    /// Anything else.
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stream {
    MessageStart {
        id: String,
    },
    Text(String),
    Thinking(String),
    BlockStart {
        index: u64,
    },
    /// Blocks from `void_from` on were broken off and will be streamed again in another message.
    MessageStop {
        void_from: Option<u64>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assistant {
    /// The message the blocks belong to; several lines may share it.
    pub(super) id: String,
    pub(super) blocks: Vec<Block>,
    /// It comes from a subagent, whose text is not the answer.
    pub(super) nested: bool,
    /// The CLI wrote it to report an error of the API; the result says the same.
    pub(super) api_error: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Text(String),
    Thinking(String),
    ToolUse { id: String, name: String, input: Value },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToolResult {
    pub(super) id: String,
    pub(super) is_error: bool,
    pub(super) content: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) request: String,
    pub(super) tool: String,
    pub(super) tool_use: Option<String>,
    pub(super) input: Value,
    pub(super) description: Option<String>,
}

/// The end of a turn. `subtype: "success"` does not mean success; `is_error` does.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TurnResult {
    pub(super) subtype: String,
    pub(super) is_error: bool,
    pub(super) text: Option<String>,
    pub(super) errors: Vec<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) terminal_reason: Option<String>,
    pub(super) api_status: Option<u64>,
    pub(super) turns: u32,
    pub(super) duration_ms: u64,
    /// Of the whole conversation: a resumed one counts on from where it was.
    pub(super) total_cost_usd: Option<f64>,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) cache_read_tokens: u64,
    pub(super) cache_write_tokens: u64,
}

/// Decodes one line. What is not JSON is `Other` too: a stray print must not end a run.
pub(super) fn decode(line: &[u8]) -> Line {
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        if !line.trim_ascii().is_empty() {
            tracing::debug!(bytes = line.len(), "Claude Code printed a line that is not JSON");
        }
        return Line::Other;
    };
    match text(&value["type"]).as_str() {
        "system" => system(&value),
        "command_lifecycle" => lifecycle(&value),
        "stream_event" => stream(&value),
        "assistant" => assistant(&value),
        "user" => user(&value),
        "control_request" => control(&value),
        "control_cancel_request" => Line::Withdrawn { request: text(&value["request_id"]) },
        "result" => Line::Result(Box::new(result(&value))),
        _ => Line::Other,
    }
}

fn system(value: &Value) -> Line {
    match text(&value["subtype"]).as_str() {
        "init" => Line::Init { session: id(&value["session_id"]), model: optional(&value["model"]) },
        "api_retry" => Line::ApiRetry {
            attempt: small(&value["attempt"]),
            max: small(&value["max_retries"]),
            delay_ms: number(&value["retry_delay_ms"]),
            error: match value["error_status"].as_u64() {
                Some(status) => format!("{} ({status})", text(&value["error"])),
                None => text(&value["error"]),
            },
        },
        "permission_denied" => {
            Line::PermissionDenied { tool: text(&value["tool_name"]), message: text(&value["message"]) }
        }
        "informational" if matches!(value["level"].as_str(), Some("warning" | "error")) => {
            Line::Warning { text: text(&value["content"]) }
        }
        _ => Line::Other,
    }
}

fn lifecycle(value: &Value) -> Line {
    match (id(&value["command_uuid"]), value["state"].as_str()) {
        (Some(user_line), Some("started" | "completed")) => Line::TakenUp { user_line },
        _ => Line::Other,
    }
}

fn stream(value: &Value) -> Line {
    if nested(value) {
        return Line::Other;
    }
    let event = &value["event"];
    let delta = &event["delta"];
    match (event["type"].as_str(), delta["type"].as_str()) {
        (Some("message_start"), _) => {
            Line::Stream(Stream::MessageStart { id: text(&event["message"]["id"]) })
        }
        (Some("content_block_start"), _) => {
            Line::Stream(Stream::BlockStart { index: number(&event["index"]) })
        }
        (Some("message_stop"), _) => {
            let abandoned = value.get("abandoned_blocks");
            Line::Stream(Stream::MessageStop {
                void_from: abandoned.map(|blocks| number(&blocks["from_block_index"])),
            })
        }
        (_, Some("text_delta")) => Line::Stream(Stream::Text(text(&delta["text"]))),
        (_, Some("thinking_delta")) => Line::Stream(Stream::Thinking(text(&delta["thinking"]))),
        _ => Line::Other,
    }
}

fn assistant(value: &Value) -> Line {
    let message = &value["message"];
    let blocks = list(&message["content"]).iter().filter_map(|block| match block["type"].as_str()? {
        "text" => Some(Block::Text(text(&block["text"]))),
        "thinking" => Some(Block::Thinking(text(&block["thinking"]))),
        "tool_use" => Some(Block::ToolUse {
            id: text(&block["id"]),
            name: text(&block["name"]),
            input: block["input"].clone(),
        }),
        _ => None,
    });
    let api_error = value["is_api_error_message"].as_bool() == Some(true)
        || value["isApiErrorMessage"].as_bool() == Some(true)
        || value["error"].is_string();
    Line::Assistant(Assistant {
        id: text(&message["id"]),
        blocks: blocks.collect(),
        nested: nested(value),
        api_error,
    })
}

fn user(value: &Value) -> Line {
    if value["isReplay"].as_bool() == Some(true) {
        return id(&value["uuid"]).map_or(Line::Other, |user_line| Line::TakenUp { user_line });
    }
    let results = list(&value["message"]["content"]).iter().filter(|block| block["type"] == "tool_result");
    let results: Vec<ToolResult> = results
        .map(|block| ToolResult {
            id: text(&block["tool_use_id"]),
            is_error: block["is_error"].as_bool() == Some(true),
            content: block["content"].clone(),
        })
        .collect();
    if results.is_empty() { Line::Other } else { Line::ToolResults(results) }
}

fn control(value: &Value) -> Line {
    let request = text(&value["request_id"]);
    let body = &value["request"];
    match text(&body["subtype"]) {
        subtype if subtype == "can_use_tool" => Line::Ask(Ask {
            request,
            tool: text(&body["tool_name"]),
            tool_use: optional(&body["tool_use_id"]),
            input: body["input"].clone(),
            description: optional(&body["description"]),
        }),
        subtype => Line::UnknownRequest { request, subtype },
    }
}

fn result(value: &Value) -> TurnResult {
    let usage = &value["usage"];
    TurnResult {
        subtype: text(&value["subtype"]),
        // A result that does not say so is not trusted to be good.
        is_error: value["is_error"].as_bool() != Some(false),
        text: optional(&value["result"]),
        errors: list(&value["errors"]).iter().map(text).collect(),
        stop_reason: optional(&value["stop_reason"]),
        terminal_reason: optional(&value["terminal_reason"]),
        api_status: value["api_error_status"].as_u64(),
        turns: small(&value["num_turns"]),
        duration_ms: number(&value["duration_ms"]),
        total_cost_usd: value["total_cost_usd"].as_f64(),
        input_tokens: number(&usage["input_tokens"]),
        output_tokens: number(&usage["output_tokens"]),
        cache_read_tokens: number(&usage["cache_read_input_tokens"]),
        cache_write_tokens: number(&usage["cache_creation_input_tokens"]),
    }
}

fn nested(value: &Value) -> bool {
    value["parent_tool_use_id"].is_string()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn optional(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn id(value: &Value) -> Option<Uuid> {
    Uuid::parse_str(value.as_str()?).ok()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn small(value: &Value) -> u32 {
    u32::try_from(number(value)).unwrap_or(u32::MAX)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
