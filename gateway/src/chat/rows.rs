//! Stored conversations and messages as the protocol shows them.

use std::sync::Arc;

use nodes::executor::{Failure, FailureClass};
use schemas::methods::chat::{HistoryMessage, MessageMeta};
use schemas::methods::sessions::SessionRow;
use schemas::session::SessionKey;
use serde_json::Value;

use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::tasks::Engine;

/// What the engine knows of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Active {
    /// Whether a run is alive.
    pub alive: bool,
    /// Runs that are alive or wait.
    pub runs: Vec<String>,
    /// The agent that answers.
    pub agent: Option<String>,
    /// Its executor.
    pub provider: Option<String>,
    /// Its model.
    pub model: Option<String>,
}

impl Active {
    /// Asks the engine.
    pub fn of(engine: &Arc<Engine>, org: &str, session: &Session) -> Self {
        let (alive, runs) = engine.active_runs(org, &session.key);
        let agent = agent_of(session);
        let roster = engine.roster();
        let profile = roster.get(&agent);
        Self {
            alive,
            runs,
            provider: profile.map(|profile| profile.executor.as_str().to_owned()),
            model: profile.and_then(|profile| profile.model.clone()),
            agent: Some(agent),
        }
    }
}

/// Returns the agent that answers in a conversation.
pub fn agent_of(session: &Session) -> String {
    session.agent.clone().unwrap_or_else(|| session.key.split(':').nth(1).unwrap_or_default().to_owned())
}

/// Returns a conversation's row.
pub fn session_row(session: &Session, active: &Active) -> SessionRow {
    let key = SessionKey::parse(&session.key, None).ok();
    let group = session.key.contains(":group:") || session.key.contains(":channel:");
    SessionRow {
        key: session.key.clone(),
        kind: if group { "group" } else { "direct" }.into(),
        updated_at: session.updated_at,
        session_id: session.session_id.clone(),
        agent_id: active.agent.clone().unwrap_or_else(|| agent_of(session)),
        is_main: key.is_some_and(|key| key.is_main()),
        label: session.label.clone(),
        display_name: session.label.clone().or_else(|| session.title.clone()),
        derived_title: session.title.clone(),
        last_message_preview: session.preview.clone(),
        model: session.model.clone().or_else(|| active.model.clone()),
        model_provider: active.provider.clone(),
        archived: Some(session.archived),
        pinned: Some(session.pinned),
        unread: Some(session.unread),
        has_active_run: active.alive,
        active_run_ids: active.runs.clone(),
        input_tokens: session.input_tokens,
        output_tokens: session.output_tokens,
        total_tokens: session.input_tokens + session.output_tokens,
        estimated_cost_usd: session.cost,
        created_at: session.created_at,
    }
}

/// Returns a stored message, its texts cut after `max_chars`.
pub fn history_message(message: &Message, max_chars: Option<usize>) -> HistoryMessage {
    let body = &message.body;
    let user = message.role == "user";
    let mut content = body.content.clone();
    for block in &mut content {
        if let (Some(max), Some(Value::String(text))) = (max_chars, block.get_mut("text"))
            && let Some((end, _)) = text.char_indices().nth(max)
        {
            text.truncate(end);
            text.push('…');
        }
    }
    let tool =
        if message.role == "toolResult" { ToolMarks::taken(&mut content) } else { ToolMarks::default() };
    HistoryMessage {
        role: message.role.clone(),
        content,
        tool_call_id: tool.call_id,
        tool_name: tool.name,
        is_error: tool.is_error,
        timestamp: message.at,
        provider: body.provider.clone(),
        model: body.model.clone(),
        usage: body.usage.clone(),
        stop_reason: body.stop_reason.clone(),
        error_message: body.error_message.clone(),
        idempotency_key: message.idempotency_key.clone(),
        meta: MessageMeta {
            id: message.id.to_string(),
            seq: message.id.unsigned_abs(),
            // Clients take a row with a run id for that run's answer; the question is matched by its key.
            run_id: message.run_id.clone().filter(|_| !user),
            idempotency_key: message.idempotency_key.clone(),
            record_timestamp_ms: message.at,
        },
    }
}

/// What a tool's result says of its call: stored with its text, shown on the message.
#[derive(Default)]
struct ToolMarks {
    call_id: Option<String>,
    name: Option<String>,
    is_error: Option<bool>,
}

impl ToolMarks {
    fn taken(content: &mut [Value]) -> Self {
        let Some(Value::Object(block)) = content.first_mut() else { return Self::default() };
        let mut text = |name: &str| block.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        Self {
            call_id: text("toolCallId"),
            name: text("toolName"),
            is_error: block.remove("isError").and_then(|value| value.as_bool()),
        }
    }
}

/// Returns the protocol's word for a failure (protocol 6.2).
pub fn error_kind(failure: &Failure) -> &'static str {
    match failure.class {
        FailureClass::Timeout => "timeout",
        FailureClass::RateLimited | FailureClass::Capacity => "rate_limit",
        _ if failure.code == "refusal" => "refusal",
        _ if failure.code.contains("context") || failure.code.contains("prompt_too_long") => "context_length",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::messages::Body;

    #[test]
    fn a_tools_result_names_its_call_on_the_message() {
        let block = json!({ "type": "text", "text": "denied", "toolCallId": "t1", "toolName": "Bash", "isError": true });
        let message = Message {
            id: 7,
            role: "toolResult".into(),
            body: Body { content: vec![block], ..Body::default() },
            run_id: Some("r".into()),
            idempotency_key: None,
            at: 5,
        };
        let shown = serde_json::to_value(history_message(&message, Some(3))).unwrap();
        assert_eq!(
            shown,
            json!({
                "role": "toolResult", "content": [{ "type": "text", "text": "den…" }], "timestamp": 5,
                "toolCallId": "t1", "toolName": "Bash", "isError": true,
                "__openclaw": { "id": "7", "seq": 7, "runId": "r", "recordTimestampMs": 5 },
            })
        );
    }
}
