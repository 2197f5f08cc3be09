//! `GET /api/agents`: who performs tasks. A coordinator's agents are our workers; the gateway's own machine is one of
//! them, under the name `local`.

use futures_util::FutureExt as _;
use schemars::JsonSchema;
use schemas::clock::Millis;
use schemas::methods::tasks::{TaskStatus, TaskStatusFilter, TasksList, TasksListParams};
use schemas::methods::workers::{WorkerRow, WorkerStatus, WorkersList, WorkersListParams};
use schemas::methods::{Method as _, NoParams, agents::AgentsList};
use serde::Serialize;

use super::problem::Problem;
use super::tasks::Answering;
use super::{Asked, json};

/// Who performs tasks.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    /// Its name.
    name: String,
    /// Operating system.
    os: String,
    /// Processor architecture.
    arch: String,
    /// Version of its program.
    coord_version: String,
    /// How busy it is.
    status: AgentStatus,
    /// Whether it is given nothing new.
    draining: bool,
    /// The tasks that it performs.
    current_task_ids: Vec<String>,
    /// Tasks that it performs at the same time.
    max_concurrent: u32,
    /// Since when it is connected, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<Millis>,
    /// When it was last heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_heartbeat: Option<Millis>,
    /// Tools that may run there without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_tools: Option<Vec<String>>,
    /// Folders that runs may work in.
    #[serde(skip_serializing_if = "Option::is_none")]
    add_dirs: Option<Vec<String>>,
    /// The widest permission mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_mode: Option<String>,
    /// Its pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<String>,
    /// How it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
    /// The agents that it can run by name.
    agents: Vec<String>,
}

/// How busy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AgentStatus {
    /// It has nothing to do.
    Idle,
    /// It has something to do, and room for more.
    Active,
    /// It has no room.
    Busy,
    /// It is not connected.
    Offline,
}

/// How it is.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// Whether it can work.
    ok: bool,
    /// What is wrong, or worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// The agents.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct List {
    /// By name, `local` first.
    agents: Vec<Agent>,
}

/// `GET /api/agents`.
pub(super) fn list(asked: &Asked) -> Answering<'_> {
    async move {
        let mut agents = vec![local(asked).await?];
        agents.extend(workers(asked).await?.into_iter().map(Agent::from));
        json(&List { agents })
    }
    .boxed()
}

/// Returns the workers that are known.
pub(super) async fn workers(asked: &Asked) -> Result<Vec<WorkerRow>, Problem> {
    if !asked.visitor.lobby.table.has(WorkersList::NAME) {
        return Ok(Vec::new());
    }
    Ok(asked.visitor.call::<WorkersList>(&WorkersListParams::default()).await?.workers)
}

async fn local(asked: &Asked) -> Result<Agent, Problem> {
    let services = &asked.visitor.lobby.services;
    let known = asked.visitor.call::<AgentsList>(&NoParams::default()).await?;
    let running = TasksListParams {
        status: Some(TaskStatusFilter::One(TaskStatus::Running)),
        limit: Some(500),
        ..TasksListParams::default()
    };
    let running = asked.visitor.call::<TasksList>(&running).await?.tasks;
    let here = running.into_iter().filter(|task| task.worker.is_none()).map(|task| task.id);
    let current_task_ids: Vec<String> = here.collect();
    let roster = services.engine.roster();
    let room: usize = roster.agents.values().map(|agent| agent.max_concurrent).sum();
    let busy = current_task_ids.len();
    Ok(Agent {
        name: "local".into(),
        os: std::env::consts::OS.into(),
        arch: std::env::consts::ARCH.into(),
        coord_version: env!("CARGO_PKG_VERSION").into(),
        status: match busy {
            0 => AgentStatus::Idle,
            _ if busy >= room => AgentStatus::Busy,
            _ => AgentStatus::Active,
        },
        draining: false,
        current_task_ids,
        max_concurrent: u32::try_from(room).unwrap_or(u32::MAX),
        connected_at: Some(services.clock.now() - i64::try_from(services.uptime_ms()).unwrap_or_default()),
        last_heartbeat: Some(services.clock.now()),
        allowed_tools: None,
        add_dirs: None,
        permission_mode: None,
        pool: None,
        health: Some(Health { ok: true, detail: None }),
        agents: known.agents.into_iter().map(|agent| agent.id).collect(),
    })
}

impl From<WorkerRow> for Agent {
    fn from(worker: WorkerRow) -> Self {
        let draining = worker.status == WorkerStatus::Draining;
        let status = match worker.status {
            WorkerStatus::Offline => AgentStatus::Offline,
            WorkerStatus::Busy => AgentStatus::Busy,
            WorkerStatus::Active => AgentStatus::Active,
            WorkerStatus::Draining if worker.running > 0 => AgentStatus::Active,
            WorkerStatus::Idle | WorkerStatus::Draining => AgentStatus::Idle,
        };
        let facts = worker.facts;
        let list = |names: Vec<String>| Some(names).filter(|names| !names.is_empty());
        Self {
            status,
            draining,
            name: facts.name,
            os: facts.os,
            arch: facts.arch,
            coord_version: facts.version,
            current_task_ids: worker.task_ids,
            max_concurrent: facts.max_concurrent,
            connected_at: worker.connected_at,
            last_heartbeat: worker.last_seen_at,
            allowed_tools: list(facts.permissions.allowed),
            add_dirs: list(facts.permissions.dirs),
            permission_mode: facts.permissions.mode,
            pool: facts.pool,
            health: Some(Health { ok: facts.health.ok, detail: facts.health.detail }),
            agents: facts.agents,
        }
    }
}
