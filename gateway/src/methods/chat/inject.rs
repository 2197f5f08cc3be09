//! `chat.inject`: writes an assistant's line without running an agent.

use schemas::error::WireError;
use schemas::methods::chat::{ChatInjectOutput, ChatInjectParams};
use schemas::session::SessionKey;

use crate::methods::{Call, session_key};
use crate::store::messages::{self, Body, Message, NewMessage};
use crate::store::sessions;

/// Stores the line and shows it as an answer.
pub async fn inject(call: Call, params: ChatInjectParams) -> Result<ChatInjectOutput, WireError> {
    let key = session_key(&params.session_key, params.agent_id.as_deref(), "sessionKey")?;
    let text = match params.label.filter(|label| !label.is_empty()) {
        Some(label) => format!("[{label}]\n\n{}", params.message),
        None => params.message,
    };
    let stored = inject_line(&call, key, text).await?;
    Ok(ChatInjectOutput { ok: true, message_id: stored.id.to_string() })
}

/// Stores a line of a conversation that no run made, and shows it.
pub(in crate::methods) async fn inject_line(
    call: &Call,
    key: SessionKey,
    text: String,
) -> Result<Message, WireError> {
    let (who, now) = (call.who().clone(), call.services.clock.now());
    let message =
        NewMessage { role: "assistant", body: Body::text(&text), run_id: None, idempotency_key: None };
    let org = who.org.clone();
    let stored = call.services.store.write(move |db| {
        let session = sessions::ensure(db, &who.org, key.as_str(), &who.actor, now)?;
        let line = message.body.plain().chars().take(120).collect::<String>();
        let stored = messages::append(db, session.transcript, &who.org, &who.actor, message, now)?;
        sessions::touch(db, session.no, Some(&line), None, now)?;
        Ok((session, stored))
    });
    let (session, stored) = stored.await?;
    call.services.chat.injected(&org, &session, &stored, &text);
    Ok(stored)
}
