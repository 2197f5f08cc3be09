//! Why a task was not taken in, and what its caller is told of that.

use schemas::error::{DetailCode, ErrorCode, WireError};
use serde_json::json;

/// Why nothing was accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// No such agent.
    #[error("unknown agent id \"{0}\"; `agents.list` names those there are")]
    UnknownAgent(String),
    /// The key was used for something else.
    #[error("idempotencyKey was already used for another request; send a new key")]
    KeyReused,
    /// The conversation's queue is full.
    #[error("too many messages of this session wait for their turn; try again when some are answered")]
    Full,
    /// There is too much work.
    #[error("too many tasks wait; dispatch more when some have ended")]
    TooMuch,
    /// The gateway stops.
    #[error("the gateway is stopping; send it again after the restart")]
    Stopping,
    /// The conversation was reset.
    #[error("/sessionId is not this session's present id; read it again with chat.history")]
    OtherSession,
    /// An attachment cannot be used.
    #[error("/attachments/{index} {why}")]
    Attachment {
        /// Which one.
        index: usize,
        /// Why.
        why: &'static str,
    },
    /// It could not be stored.
    #[error("the message could not be stored; the gateway's log has the cause")]
    Store,
}

impl From<SubmitError> for WireError {
    fn from(error: SubmitError) -> Self {
        let text = error.to_string();
        match error {
            SubmitError::UnknownAgent(agent) => {
                Self::invalid(text).details(json!({ "code": DetailCode::UnknownAgentId, "agentId": agent }))
            }
            SubmitError::KeyReused => Self::invalid(text).details(
                json!({ "reason": "chat-request-conflict", "code": DetailCode::IdempotencyConflict }),
            ),
            SubmitError::Full | SubmitError::TooMuch => {
                Self::unavailable(text).detail(DetailCode::Busy).retry_after(1000)
            }
            SubmitError::Stopping => Self::unavailable(text).detail(DetailCode::ShuttingDown),
            SubmitError::OtherSession | SubmitError::Attachment { .. } => Self::invalid(text),
            SubmitError::Store => Self::new(ErrorCode::InternalError, text),
        }
    }
}
