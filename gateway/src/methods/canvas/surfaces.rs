//! `canvas.a2ui.push` and `canvas.a2ui.reset`: surfaces of a canvas.

use schemas::error::WireError;
use schemas::methods::canvas::{CanvasA2uiPushOutput, CanvasA2uiPushParams, CanvasNodeParams};
use schemas::methods::{DONE, Done};
use serde_json::{Value, json};

use super::{node, sheet};
use crate::canvas::lines;
use crate::methods::Call;

/// Takes messages in, all or none, and shows them.
pub async fn push(call: Call, params: CanvasA2uiPushParams) -> Result<CanvasA2uiPushOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let messages = match (params.messages, params.jsonl) {
        (Some(messages), None) => messages,
        (None, Some(text)) => lines(&text)?,
        _ => return Err(WireError::invalid("give messages or jsonl, one of them")),
    };
    let canvas = &call.services.canvas;
    let count = messages.len() as u64;
    let for_node = params.node_id.as_ref().map(|_| json!({ "messages": messages }));
    canvas.push(&sheet, messages).await?;
    if let (Some(id), Some(asked)) = (&params.node_id, for_node) {
        node::invoke(&call, &sheet, id, "canvas.a2ui.push", asked, None).await?;
    }
    let watched = canvas.is_watched(&sheet.place);
    Ok(CanvasA2uiPushOutput { ok: true, session_key: sheet.key.to_string(), messages: count, watched })
}

/// Removes all surfaces.
pub async fn reset(call: Call, params: CanvasNodeParams) -> Result<Done, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    call.services.canvas.reset(&sheet).await?;
    if let Some(id) = &params.node_id {
        node::invoke(&call, &sheet, id, "canvas.a2ui.reset", Value::Null, None).await?;
    }
    Ok(DONE)
}
