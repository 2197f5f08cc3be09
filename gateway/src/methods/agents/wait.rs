//! `agent.wait`: waits for the end of a run.

use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::agents::{AgentWaitOutput, AgentWaitParams};
use schemas::task::TaskState;

use crate::methods::Call;

/// Returns how the run ended, or `timeout` if it has not by then or is not known.
pub async fn wait(call: Call, params: AgentWaitParams) -> Result<AgentWaitOutput, WireError> {
    let timeout = Duration::from_millis(params.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS));
    let end = call.services.engine.wait(&call.who().org, &params.run_id, timeout).await?;
    let bare = |status: &str| AgentWaitOutput {
        run_id: params.run_id.clone(),
        status: status.into(),
        started_at: None,
        ended_at: None,
        error: None,
        stop_reason: None,
    };
    let Some(end) = end else { return Ok(bare("timeout")) };
    let ok = end.state == TaskState::Completed;
    let why = end.failure.as_ref().map_or("the run was stopped", |failure| &*failure.message);
    Ok(AgentWaitOutput {
        started_at: end.started_at,
        ended_at: Some(end.ended_at),
        error: (!ok).then(|| why.to_owned()),
        stop_reason: end.stop_reason.clone(),
        ..bare(if ok { "ok" } else { "error" })
    })
}

const DEFAULT_TIMEOUT_MS: u64 = 30_000;
