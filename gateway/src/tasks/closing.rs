//! The words with which a task ends: its last message, its reason.

use nodes::executor::Failure;
use schemas::task::TaskState;
use serde_json::json;

use super::request::{Card, End};
use crate::store::messages::{Body, NewMessage};

/// The assistant's row that ends a run in its transcript.
pub(super) fn closing_message(card: &Card, end: &End) -> Option<NewMessage> {
    let error = end.failure.as_ref().map(sentence);
    let text = match (end.state, &end.text) {
        (TaskState::Cancelled, None) => return None,
        (_, Some(text)) => text.clone(),
        (_, None) => error.clone().unwrap_or_default(),
    };
    let usage = end.usage.as_ref().map(|usage| {
        json!({ "input": usage.input_tokens, "output": usage.output_tokens, "cacheRead": usage.cache_read_tokens,
                "cacheWrite": usage.cache_write_tokens, "cost": { "total": usage.cost_usd.unwrap_or_default() } })
    });
    let stop_reason = match end.state {
        TaskState::Cancelled => Some("aborted".to_owned()),
        TaskState::Failed => Some("error".to_owned()),
        _ => end.stop_reason.clone(),
    };
    let body = Body {
        provider: Some(end.provider.clone()).filter(|provider| !provider.is_empty()),
        model: Some(end.model.clone()).filter(|model| !model.is_empty()),
        usage,
        stop_reason,
        error_message: error,
        ..Body::text(&text)
    };
    let name = Some(format!("{}:assistant", card.run_id));
    Some(NewMessage { role: "assistant", body, run_id: Some(card.run_id.clone()), idempotency_key: name })
}

/// Returns the reason of the last audit row.
pub(super) fn reason_of(end: &End) -> String {
    match (&end.failure, end.state) {
        (Some(failure), TaskState::Failed) => failure.code.clone(),
        _ => end.stop_reason.clone().unwrap_or_default(),
    }
}

/// Returns a failure as one sentence for people.
pub(super) fn sentence(failure: &Failure) -> String {
    let text = failure.message.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The words of the protocol for why an answer ended.
pub(super) fn stop_word(reason: &str) -> &str {
    match reason {
        "end_turn" | "stop_sequence" | "" => "stop",
        other => other,
    }
}
