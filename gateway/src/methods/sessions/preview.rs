//! `sessions.preview`: the last lines of several conversations.

use schemas::error::WireError;
use schemas::methods::sessions::{PreviewItem, SessionPreview, SessionsPreviewOutput, SessionsPreviewParams};
use schemas::session::SessionKey;

use crate::methods::Call;
use crate::store::{Db, StoreError, messages, sessions};

/// Returns the last lines of the conversations asked for, in that order.
pub async fn preview(call: Call, params: SessionsPreviewParams) -> Result<SessionsPreviewOutput, WireError> {
    let org = call.who().org.clone();
    let limit = params.limit.unwrap_or(DEFAULT_LINES);
    let max_chars = params.max_chars.unwrap_or(DEFAULT_CHARS) as usize;
    let keys = params.keys;
    let previews = call.services.store.read(move |db| {
        keys.into_iter().map(|key| one(db, &org, key, limit, max_chars)).collect::<Result<Vec<_>, _>>()
    });
    Ok(SessionsPreviewOutput { ts: call.services.clock.now(), previews: previews.await? })
}

fn one(db: &Db, org: &str, key: String, limit: u32, max_chars: usize) -> Result<SessionPreview, StoreError> {
    let full = SessionKey::parse(&key, None).ok();
    let session = match &full {
        Some(full) => sessions::find(db, org, full.as_str())?,
        None => None,
    };
    let Some(session) = session else {
        return Ok(SessionPreview { key, status: "missing".into(), items: Vec::new() });
    };
    let lines = messages::newest(db, session.transcript, None, 0, limit)?;
    let shown = lines.into_iter().rev().filter(|message| message.role != "toolResult");
    let items: Vec<PreviewItem> = shown
        .map(|message| PreviewItem {
            text: message.body.plain().chars().take(max_chars).collect(),
            role: message.role,
        })
        .filter(|item| !item.text.is_empty())
        .collect();
    Ok(SessionPreview { key, status: if items.is_empty() { "empty" } else { "ok" }.into(), items })
}

const DEFAULT_LINES: u32 = 12;
const DEFAULT_CHARS: u32 = 240;
