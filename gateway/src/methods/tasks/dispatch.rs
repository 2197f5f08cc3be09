//! `tasks.dispatch`: gives an agent work, here or on another machine.

use schemas::error::{DetailCode, WireError};
use schemas::methods::tasks::{TaskStatus, TasksDispatchOutput, TasksDispatchParams};
use schemas::session::SessionKey;
use schemas::target::Target;
use schemas::task::QueueMode;
use serde_json::json;

use super::find;
use crate::methods::chat::submission;
use crate::methods::{Call, session_key};
use crate::store::tasks::TaskRow;
use crate::tasks::{Kind, MAX_RETRIES, Submission, Ticket, Work, status_of};

/// Stores the task and answers; where and when it runs is the engine's affair.
pub async fn dispatch(call: Call, params: TasksDispatchParams) -> Result<TasksDispatchOutput, WireError> {
    // The model's name becomes an argument of the agent's program: it must not look like an option.
    if params.model.as_deref().is_some_and(|model| model.starts_with('-')) {
        return Err(WireError::invalid("/model must not begin with a dash"));
    }
    let work = work_of(&call, &params).await?;
    let engine = &call.services.engine;
    let agent = params.agent_id.clone().unwrap_or_else(|| engine.roster().default.clone());
    let key = match &params.session_key {
        Some(key) => session_key(key, Some(&agent), "sessionKey")?,
        None => session_key("task", Some(&agent), "agentId")?,
    };
    known_agent(&call, &key, &work)?;
    let attachments = &params.attachments;
    let mut submission =
        submission(&call, key, params.message, params.idempotency_key, Kind::Work, attachments)?;
    submission.request.model = params.model;
    submission.request.timeout_ms = params.timeout_ms;
    submission.request.work = Some(Box::new(work));
    accept(&call, submission).await
}

/// Hands a task to the engine and answers for it.
pub(super) async fn accept(
    call: &Call,
    mut submission: Submission,
) -> Result<TasksDispatchOutput, WireError> {
    // Work is neither a command of the gateway nor part of another run.
    submission.request.command = false;
    submission.request.mode = QueueMode::Followup;
    let ticket = call.services.engine.submit(submission).await?;
    answer(call, &ticket).await
}

async fn answer(call: &Call, ticket: &Ticket) -> Result<TasksDispatchOutput, WireError> {
    let engine = &call.services.engine;
    let (waiting, _) = engine.depth();
    let answer = |id: String, agent: &str, key: String, status: TaskStatus| TasksDispatchOutput {
        task_id: id,
        run_id: ticket.run_id.clone(),
        agent_id: agent.to_owned(),
        session_key: key,
        status,
        queue_depth: waiting as u64,
    };
    if let Some((card, state)) = engine.open_task(ticket.seq) {
        return Ok(answer(card.id.to_string(), &card.agent, card.key.to_string(), status_of(state, None)));
    }
    let (org, seq) = (call.who().org.clone(), ticket.seq);
    let read = move |db: &crate::store::Db| crate::store::tasks::get(db, &org, seq);
    let row: TaskRow = call.services.store.read(read).await?.ok_or_else(find::not_found)?;
    let shown = find::shown(call, row, false);
    Ok(answer(shown.id, &shown.agent_id, shown.session_key, shown.status))
}

/// Refuses an agent that nobody could run.
fn known_agent(call: &Call, key: &SessionKey, work: &Work) -> Result<(), WireError> {
    let engine = &call.services.engine;
    let agent = engine.agent_of(&call.who().org, key);
    if work.target.is_local() && engine.roster().get(&agent).is_none() {
        let text = format!("unknown agent id \"{agent}\"; `agents.list` names those there are");
        let details = json!({ "code": DetailCode::UnknownAgentId, "agentId": agent });
        return Err(WireError::invalid(text).details(details));
    }
    Ok(())
}

async fn work_of(call: &Call, params: &TasksDispatchParams) -> Result<Work, WireError> {
    let target = match &params.on {
        None => Target::Local,
        Some(text) => text.parse().map_err(|why| WireError::invalid(format!("/on: {why}")))?,
    };
    if params.labels.len() > MAX_LABELS {
        return Err(WireError::invalid(format!("/labels holds more than {MAX_LABELS}")));
    }
    if params.not_before.zip(params.expires_at).is_some_and(|(start, end)| end <= start) {
        return Err(WireError::invalid("/expiresAt must be later than /notBefore"));
    }
    let mut after = Vec::with_capacity(params.after.len());
    for need in &params.after {
        after.push((find::known(call, &need.task_id).await?.id, need.need));
    }
    let parent = match &params.parent_task_id {
        Some(id) => Some(find::known(call, id).await?.id),
        None => None,
    };
    Ok(Work {
        target,
        named: params.agent_id.is_some(),
        own_session: params.session_key.is_none(),
        permissions: params.permissions.clone(),
        budget_usd: params.budget_usd,
        isolation: params.isolation,
        priority: params.priority.unwrap_or_default(),
        not_before: params.not_before,
        expires_at: params.expires_at,
        after,
        parent,
        cascade: params.cascade.unwrap_or(true),
        group: params.group.clone(),
        max_retries: params.max_retries.unwrap_or(MAX_RETRIES),
        retry_on_timeout: params.retry_on_timeout.unwrap_or(false),
        title: params.title.clone(),
        labels: params.labels.clone(),
        retry_of: None,
    })
}

/// Words of a caller's own on one task.
const MAX_LABELS: usize = 64;
