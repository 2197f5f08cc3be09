//! `agent`: runs an agent once, with two responses under one id (protocol 5.4).

use schemas::error::{DetailCode, WireError};
use schemas::frame::write_json;
use schemas::methods::agents::{
    AgentMeta, AgentOutput, AgentParams, AgentPayload, AgentResult, ExecutorMeta, Usage,
};
use schemas::session::SessionKey;
use schemas::task::{QueueMode, TaskState};
use schemas::{ErrorCode, Scope};
use serde_json::json;

use crate::chat::commands::Command;
use crate::methods::chat::submission;
use crate::methods::{Call, Failure, session_key};
use crate::tasks::{End, Kind};

/// Answers `accepted` when the task is stored, and once more when it has ended.
pub async fn agent(call: Call, params: AgentParams) -> Result<AgentOutput, Failure> {
    if Command::parse(&params.message) == Some(Command::New) {
        call.require(Scope::Admin)?;
    }
    // The model's name becomes an argument of the agent's program: it must not look like an option.
    if params.model.as_deref().is_some_and(|model| model.starts_with('-')) {
        return Err(WireError::invalid("/model must not begin with a dash").into());
    }
    let engine = &call.services.engine;
    let roster = engine.roster();
    let named = params.agent_id.as_deref();
    if let Some(name) = named.filter(|name| roster.get(name).is_none()) {
        let text = format!("invalid agent params: unknown agent id \"{name}\"");
        let details = json!({ "code": DetailCode::UnknownAgentId, "agentId": name });
        return Err(WireError::invalid(text).details(details).into());
    }
    let key = match &params.session_key {
        Some(key) => session_key(key, named, "sessionKey")?,
        None => SessionKey::main(named.unwrap_or(&roster.default)),
    };
    let shown = key.to_string();
    let mut submission =
        submission(&call, key, params.message, params.idempotency_key, Kind::Agent, &params.attachments)?;
    submission.session_id = params.session_id;
    submission.label = params.label;
    submission.request.model = params.model;
    submission.request.timeout_ms =
        params.timeout.filter(|limit| *limit > 0).map(|limit| limit.saturating_mul(1000));
    // The caller waits for an answer of its own.
    submission.request.mode = QueueMode::Followup;
    let ticket = engine.submit(submission).await.map_err(WireError::from)?;
    // A repeat after the end gets the end alone (protocol 4.1).
    if ticket.fresh || !ticket.has_ended() {
        call.respond_first(&AgentOutput {
            run_id: ticket.run_id.clone(),
            status: "accepted".into(),
            session_key: Some(shown),
            agent_id: Some(ticket.agent.clone()),
            accepted_at: Some(ticket.accepted_at),
            summary: None,
            result: None,
        });
    }
    let end = ticket.ended(engine, &call.who().org).await.map_err(WireError::from)?;
    let Some(end) = end else {
        let text = "the gateway stopped before the run ended; it goes on after the restart, agent.wait tells its end";
        return Err(WireError::unavailable(text).into());
    };
    finish(&ticket.run_id, &end)
}

fn finish(run_id: &str, end: &End) -> Result<AgentOutput, Failure> {
    let bare = |status: &str, summary: &str| AgentOutput {
        run_id: run_id.to_owned(),
        status: status.into(),
        session_key: None,
        agent_id: None,
        accepted_at: None,
        summary: Some(summary.to_owned()),
        result: None,
    };
    if end.state == TaskState::Completed {
        return Ok(AgentOutput { result: Some(result(end)), ..bare("ok", "completed") });
    }
    let text = match (&end.failure, end.state) {
        (Some(failure), _) => failure.message.clone(),
        (None, TaskState::Cancelled) => "the run was stopped".into(),
        (None, _) => "the run failed".into(),
    };
    let mut payload = Vec::new();
    write_json(&mut payload, &bare("error", &text));
    Err(Failure { error: WireError::new(ErrorCode::Unavailable, text), payload: Some(payload) })
}

fn result(end: &End) -> AgentResult {
    let usage = end.usage.as_ref().map(|usage| Usage {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cache_read_tokens: usage.cache_read_tokens,
        cache_write_tokens: usage.cache_write_tokens,
        cost_usd: usage.cost_usd.unwrap_or_default(),
    });
    AgentResult {
        payloads: end.text.iter().map(|text| AgentPayload { text: text.clone(), media_url: None }).collect(),
        meta: AgentMeta {
            duration_ms: end.took().unsigned_abs(),
            agent_meta: ExecutorMeta {
                session_id: end.session_id.clone(),
                provider: end.provider.clone(),
                model: end.model.clone(),
                usage,
            },
        },
    }
}
