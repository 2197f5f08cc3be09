//! `sessions.send` and `sessions.steer`: a message under the names of the session methods.

use schemas::error::WireError;
use schemas::methods::chat::ChatSendOutput;
use schemas::methods::sessions::SessionsSendParams;
use schemas::task::QueueMode;
use uuid::Uuid;

use crate::methods::chat::{output, submission};
use crate::methods::{Call, session_key};
use crate::tasks::Kind;

/// Sends a message, as `chat.send`.
pub async fn send(call: Call, params: SessionsSendParams) -> Result<ChatSendOutput, WireError> {
    deliver(call, params, None).await
}

/// Hands a message to the running agent; without one, as `sessions.send`.
pub async fn steer(call: Call, params: SessionsSendParams) -> Result<ChatSendOutput, WireError> {
    deliver(call, params, Some(QueueMode::Steer)).await
}

async fn deliver(
    call: Call,
    params: SessionsSendParams,
    mode: Option<QueueMode>,
) -> Result<ChatSendOutput, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?;
    let run_id = params.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut submission = submission(&call, key, params.message, run_id, Kind::Chat, &params.attachments)?;
    submission.request.timeout_ms = params.timeout_ms;
    if let Some(mode) = mode {
        submission.request.mode = mode;
    }
    Ok(output(&call.services.engine.submit(submission).await?))
}
