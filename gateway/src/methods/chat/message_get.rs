//! `chat.message.get`: one whole message.

use schemas::error::WireError;
use schemas::methods::chat::{ChatMessageGetOutput, ChatMessageGetParams};

use crate::chat::rows::history_message;
use crate::methods::{Call, session_key};
use crate::store::{messages, sessions};

/// Returns one message of a conversation, of whatever transcript.
pub async fn message_get(
    call: Call,
    params: ChatMessageGetParams,
) -> Result<ChatMessageGetOutput, WireError> {
    let key = session_key(&params.session_key, params.agent_id.as_deref(), "sessionKey")?;
    let (org, id) = (call.who().org.clone(), params.message_id.parse::<i64>().unwrap_or(-1));
    let found = call.services.store.read(move |db| match sessions::find(db, &org, key.as_str())? {
        Some(session) => messages::get(db, session.no, id),
        None => Ok(None),
    });
    let max_chars = params.max_chars.map(|chars| chars as usize);
    let message = found.await?.map(|message| history_message(&message, max_chars));
    let unavailable_reason = message.is_none().then(|| "not_found".into());
    Ok(ChatMessageGetOutput { ok: message.is_some(), message, unavailable_reason })
}
