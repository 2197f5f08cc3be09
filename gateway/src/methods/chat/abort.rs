//! `chat.abort`: stops the runs of a conversation.

use schemas::error::WireError;
use schemas::methods::chat::{ChatAbortOutput, ChatAbortParams};

use crate::methods::{Call, session_key};

/// Stops what runs and waits in a conversation, or one run of it.
pub async fn abort(call: Call, params: ChatAbortParams) -> Result<ChatAbortOutput, WireError> {
    let key = session_key(&params.session_key, params.agent_id.as_deref(), "sessionKey")?;
    let (who, engine) = (call.who(), &call.services.engine);
    let run_ids = engine.abort(&who.org, key.as_str(), params.run_id.as_deref(), &who.actor, "rpc").await?;
    Ok(ChatAbortOutput { ok: true, aborted: !run_ids.is_empty(), run_ids })
}
