//! `sessions.compact`: asks for a shorter transcript.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsCompactOutput, SessionsCompactParams};

use crate::methods::{Call, session_key};

/// Says that transcripts are never shortened; the agents keep their own memory short.
pub async fn compact(_: Call, params: SessionsCompactParams) -> Result<SessionsCompactOutput, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?.to_string();
    let reason = "transcripts are kept whole; agents shorten their own memory".into();
    Ok(SessionsCompactOutput { ok: true, key, compacted: false, reason })
}
