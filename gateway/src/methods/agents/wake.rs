//! `wake`: something to think about, as a message into an agent's conversation.

use schemas::error::WireError;
use schemas::methods::system::WakeParams;
use schemas::methods::{DONE, Done};
use schemas::session::SessionKey;
use uuid::Uuid;

use crate::methods::chat::submission;
use crate::methods::{Call, session_key};
use crate::tasks::Kind;

/// Stores the message and starts or queues its run.
pub async fn wake(call: Call, params: WakeParams) -> Result<Done, WireError> {
    let engine = &call.services.engine;
    let key = match &params.session_key {
        Some(key) => session_key(key, params.agent_id.as_deref(), "sessionKey")?,
        None => SessionKey::main(params.agent_id.as_deref().unwrap_or(&engine.roster().default)),
    };
    let run_id = Uuid::new_v4().to_string();
    let submission = submission(&call, key, params.text, run_id, Kind::Wake, &[])?;
    engine.submit(submission).await?;
    Ok(DONE)
}
