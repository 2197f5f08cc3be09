//! `sessions.delete`: removes a conversation from the list.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsDeleteOutput, SessionsDeleteParams};

use crate::canvas::Sheet;
use crate::methods::{Call, session_key};
use crate::store::sessions;

/// Stops what runs, and removes the conversation; its messages only if the params say so.
pub async fn delete(call: Call, params: SessionsDeleteParams) -> Result<SessionsDeleteOutput, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?;
    if key.is_main() {
        return Err(WireError::invalid(format!("Cannot delete the main session ({key}).")));
    }
    let who = call.who().clone();
    call.services.engine.abort(&who.org, key.as_str(), None, &who.actor, "rpc").await?;
    let (name, messages) = (key.to_string(), params.delete_transcript == Some(true));
    let org = who.org.clone();
    let gone = call.services.store.write(move |db| sessions::delete(db, &org, &name, messages)).await?;
    if let Some(session_id) = &gone {
        call.services.engine.choose_agent(&who.org, &key, None);
        call.services.chat.session_deleted(key.as_str(), session_id);
        if let Err(error) = call.services.canvas.clear(&Sheet::of(&who.org, key.clone())).await {
            tracing::warn!(?error, "The canvas of a deleted session could not be removed");
        }
    }
    Ok(SessionsDeleteOutput { ok: true, key: key.to_string(), deleted: gone.is_some(), archived: Vec::new() })
}
