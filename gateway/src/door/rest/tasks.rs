//! Tasks over `/api`.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemas::methods::sessions::{SessionsResolve, SessionsResolveOutput};
use schemas::methods::tasks::{
    TaskStatus, TaskStatusFilter, TaskSummary, TasksCancel, TasksCancelParams, TasksDiff, TasksDiffParams,
    TasksDispatch, TasksDispatchOutput, TasksDispatchParams, TasksGet, TasksGetParams, TasksList,
    TasksListParams, TasksOutput, TasksOutputParams, TasksRetry, TasksRetryParams, TasksSend,
    TasksSendParams,
};
use schemas::methods::{Method as _, NoParams};
use schemas::target::Target;
use schemas::work::TaskPermissions;
use serde_json::{Value, json as object};

use super::problem::Problem;
use super::types::{
    Cancelled, Dispatch, Dispatched, Further, OneTask, Output, Stats, Task, TaskPage, name_of,
};
use super::{Asked, agents, json};

/// What every handler returns.
pub(super) type Answering<'a> = BoxFuture<'a, Result<Value, Problem>>;

/// `POST /api/dispatch`.
pub(super) fn dispatch(asked: &Asked) -> Answering<'_> {
    async move {
        let body: Dispatch = asked.read()?;
        let on = target(asked, &body).await?;
        let params = params(asked, body, &on).await?;
        let task = asked.visitor.call::<TasksDispatch>(&params).await?;
        json(&dispatched(task, &on))
    }
    .boxed()
}

fn dispatched(task: TasksDispatchOutput, on: &str) -> Dispatched {
    Dispatched {
        task_id: task.task_id,
        agent_name: name_of(Some(on)),
        status: "queued".into(),
        run_id: task.run_id,
        session_key: task.session_key,
        queue_depth: task.queue_depth,
    }
}

/// Returns the selector; a worker that nobody has heard of is refused at once.
async fn target(asked: &Asked, body: &Dispatch) -> Result<String, Problem> {
    let given = [&body.agent_name, &body.pool, &body.on].iter().filter(|given| given.is_some()).count();
    if given > 1 {
        return Err(Problem::bad("give one of agentName, pool and on"));
    }
    let text = match (&body.agent_name, &body.pool, &body.on) {
        (Some(name), ..) if name == "local" => "local".to_owned(),
        (Some(name), ..) => format!("node:{name}"),
        (_, Some(pool), _) => format!("pool:{pool}"),
        (_, _, on) => on.clone().unwrap_or_else(|| "local".into()),
    };
    let target: Target = text.parse().map_err(|why| Problem::bad(format!("{text:?}: {why}")))?;
    if let (Some(name), Target::Node(_)) = (&body.agent_name, &target)
        && !agents::workers(asked).await?.iter().any(|worker| worker.facts.name == *name)
    {
        return Err(Problem::not_found(format!("no agent {name:?} is known; GET /api/agents lists them")));
    }
    Ok(target.to_string())
}

async fn params(asked: &Asked, body: Dispatch, on: &str) -> Result<TasksDispatchParams, Problem> {
    if body.max_budget_usd.is_some_and(|usd| !(usd > 0.0 && usd <= MAX_BUDGET)) {
        return Err(Problem::bad("maxBudgetUsd must be more than 0 and at most 10000"));
    }
    let session_key = match (&body.session_key, &body.session_id) {
        (None, Some(id)) => Some(conversation(asked, id).await?),
        (key, _) => key.clone(),
    };
    let permissions = TaskPermissions {
        mode: body.permission_mode,
        allowed_tools: body.allowed_tools.map(super::types::Names::list),
        disallowed_tools: body.disallowed_tools.map(super::types::Names::list),
        add_dirs: body.add_dirs.map(super::types::Names::list),
    };
    Ok(TasksDispatchParams {
        idempotency_key: asked.key(body.idempotency_key.as_deref()),
        message: body.prompt,
        agent_id: body.agent_id,
        session_key,
        on: Some(on.to_owned()),
        model: body.model,
        timeout_ms: body.timeout_ms,
        permissions: Some(permissions).filter(|given| *given != TaskPermissions::default()),
        budget_usd: body.max_budget_usd,
        isolation: body.isolation,
        priority: body.priority,
        not_before: body.not_before,
        expires_at: body.expires_at,
        after: body.after,
        max_retries: body.max_retries,
        title: body.title,
        labels: body.labels,
        ..TasksDispatchParams::default()
    })
}

/// Finds a conversation by its id.
async fn conversation(asked: &Asked, id: &str) -> Result<String, Problem> {
    let params = object!({ "sessionId": id, "allowMissing": true });
    let found = asked.visitor.ask(SessionsResolve::NAME, &params).await?;
    let found: SessionsResolveOutput = serde_json::from_value(found).map_err(|_| Problem::ours())?;
    found.key.ok_or_else(|| Problem::not_found("no conversation has that sessionId"))
}

/// `GET /api/tasks`.
pub(super) fn list(asked: &Asked) -> Answering<'_> {
    async move {
        let query = &asked.query;
        let (states, dead) = states(query.text("status").as_deref())?;
        let limit = query.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::bad(format!("limit must be from 1 to {MAX_LIMIT}")));
        }
        let kind = query.text("kind").unwrap_or_else(|| "work".into());
        let params = TasksListParams {
            status: (!states.is_empty()).then_some(TaskStatusFilter::Any(states)),
            dead_lettered: dead,
            kind: Some(kind).filter(|kind| kind != "all"),
            worker: query.text("agentName"),
            agent_id: query.text("agentId"),
            group: query.text("group"),
            limit: u32::try_from(limit).ok(),
            cursor: query.text("cursor"),
            ..TasksListParams::default()
        };
        let page = asked.visitor.call::<TasksList>(&params).await?;
        let tasks = page.tasks.into_iter().map(|task| shown(asked, task, false)).collect();
        json(&TaskPage { tasks, next_cursor: page.next_cursor })
    }
    .boxed()
}

/// Translates a coordinator's word for a state.
fn states(word: Option<&str>) -> Result<(Vec<TaskStatus>, Option<bool>), Problem> {
    Ok(match word {
        None => (Vec::new(), None),
        Some("pending") => (vec![TaskStatus::Queued], None),
        Some("running") => (vec![TaskStatus::Running], None),
        Some("completed") => (vec![TaskStatus::Completed], None),
        Some("error") => (vec![TaskStatus::Failed, TaskStatus::TimedOut, TaskStatus::Cancelled], Some(false)),
        Some("dead-letter") => (vec![TaskStatus::Failed, TaskStatus::TimedOut], Some(true)),
        Some("cancelled") => (vec![TaskStatus::Cancelled], None),
        Some(other) => {
            let known = "pending, running, completed, error, dead-letter, cancelled";
            return Err(Problem::bad(format!("status {other:?} is none of {known}")));
        }
    })
}

fn shown(asked: &Asked, task: TaskSummary, whole: bool) -> Task {
    Task::of(task, &asked.visitor.member.principal.org, whole)
}

/// `GET /api/tasks/{id}`.
pub(super) fn one(asked: &Asked) -> Answering<'_> {
    async move {
        let found = asked.visitor.call::<TasksGet>(&TasksGetParams { task_id: asked.id.clone() }).await?;
        json(&OneTask { task: shown(asked, found.task, true) })
    }
    .boxed()
}

/// `GET /api/tasks/{id}/output`.
pub(super) fn output(asked: &Asked) -> Answering<'_> {
    async move {
        let params = TasksOutputParams {
            task_id: asked.id.clone(),
            after: asked.query.number("after")?,
            limit: asked.query.number("limit")?.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
            wait_ms: asked.query.number("waitMs")?,
        };
        let page = asked.visitor.call::<TasksOutput>(&params).await?;
        json(&Output { chunks: page.chunks, next: page.next, done: page.done })
    }
    .boxed()
}

/// `POST /api/tasks/{id}/cancel`.
pub(super) fn cancel(asked: &Asked) -> Answering<'_> {
    async move {
        let params = TasksCancelParams { task_id: asked.id.clone(), reason: Some("REST".into()) };
        let done = asked.visitor.call::<TasksCancel>(&params).await?;
        let Some(task) = done.task else { return Err(Problem::not_found("task not found")) };
        if !done.cancelled {
            let why = done.reason.unwrap_or_else(|| "it could not be stopped".into());
            return Err(Problem::conflict(format!("not cancelled: {why}")));
        }
        json(&Cancelled { cancelled: true, task: shown(asked, task, true) })
    }
    .boxed()
}

/// `POST /api/tasks/{id}/retry`.
pub(super) fn retry(asked: &Asked) -> Answering<'_> {
    async move {
        let found = asked.visitor.call::<TasksGet>(&TasksGetParams { task_id: asked.id.clone() }).await?.task;
        let params = TasksRetryParams { task_id: found.id, idempotency_key: asked.key(None) };
        let task = asked.visitor.call::<TasksRetry>(&params).await?;
        json(&dispatched(task, found.target.as_deref().unwrap_or("local")))
    }
    .boxed()
}

/// `POST /api/tasks/{id}/send`.
pub(super) fn send(asked: &Asked) -> Answering<'_> {
    async move {
        let further: Further = asked.read()?;
        let params = TasksSendParams {
            task_id: asked.id.clone(),
            message: further.message,
            idempotency_key: asked.key(further.idempotency_key.as_deref()),
        };
        json(&asked.visitor.call::<TasksSend>(&params).await?)
    }
    .boxed()
}

/// `GET /api/tasks/{id}/diff`.
pub(super) fn diff(asked: &Asked) -> Answering<'_> {
    async move {
        json(&asked.visitor.call::<TasksDiff>(&TasksDiffParams { task_id: asked.id.clone() }).await?)
    }
    .boxed()
}

/// `GET /api/stats`.
pub(super) fn stats(asked: &Asked) -> Answering<'_> {
    async move {
        let stats = asked.visitor.call::<schemas::methods::tasks::TasksStats>(&NoParams::default()).await?;
        json(&Stats { stats })
    }
    .boxed()
}

const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 500;
const MAX_BUDGET: f64 = 10_000.0;
