//! `sessions.abort`: stops a conversation's runs.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsAbortOutput, SessionsAbortParams};

use crate::methods::{Call, session_key};

/// Stops what runs and waits in a conversation, or one run.
pub async fn abort(call: Call, params: SessionsAbortParams) -> Result<SessionsAbortOutput, WireError> {
    let (who, engine) = (call.who(), &call.services.engine);
    let key = match (&params.key, &params.run_id) {
        (Some(key), _) => session_key(key, params.agent_id.as_deref(), "key")?.to_string(),
        (None, Some(run_id)) => engine.key_of_run(&who.org, run_id).unwrap_or_default(),
        (None, None) => return Err(WireError::invalid("one of key, runId must be given")),
    };
    let stopped = engine.abort(&who.org, &key, params.run_id.as_deref(), &who.actor, "rpc").await?;
    let status = if stopped.is_empty() { "no-active-run" } else { "aborted" };
    Ok(SessionsAbortOutput { ok: true, aborted_run_id: stopped.into_iter().next(), status: status.into() })
}
