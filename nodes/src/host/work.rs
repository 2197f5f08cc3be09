//! This machine as a worker: what its owner offers, and the worker's messages over the node's own connection.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemas::agent::ExecutorKind;
use schemas::methods::workers::{WorkerReport, WorkerReportParams};
use schemas::work::{Isolation, WorkerFacts, WorkerHealth, WorkerPermissions};
use serde::Deserialize;
use serde_json::Value;

use super::config::Config;
use super::machine::Machine;
use super::surface;
use crate::client::{CallError, Client};
use crate::executor::{Acp, ClaudeCode, Command, Executor, Memory, Model};
use crate::permission::Rule;
use crate::process::Environment;
use crate::work::wire::{Order, Report};
use crate::work::{AgentConfig, Bounds, Line, Parts, Trade, Worker};

/// `[worker]`: what the owner lets the gateway have done here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerConfig {
    /// Whether work is offered.
    pub enabled: bool,
    /// The worker's name; the node's own when absent.
    pub name: Option<String>,
    /// The pool it belongs to.
    pub pool: Option<String>,
    /// Labels by which it can be chosen.
    pub labels: BTreeMap<String, String>,
    /// Runs at the same time.
    pub max_concurrent: u32,
    /// How runs are kept apart where a task does not say.
    pub isolation: Isolation,
    /// The most that a run may do.
    pub permissions: Limits,
    /// `[worker.agents.NAME]`: who does the work.
    pub agents: BTreeMap<String, AgentConfig>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            name: None,
            pool: None,
            labels: BTreeMap::new(),
            max_concurrent: 1,
            isolation: Isolation::None,
            permissions: Limits::default(),
            agents: BTreeMap::new(),
        }
    }
}

/// `[worker.permissions]`: the most that a run may do. Empty lists mean nothing, not everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The freest permission mode; `default`, which asks, when absent.
    pub mode: Option<String>,
    /// Tools that may run without asking, such as `Bash(git:*)`.
    pub allowed: Vec<String>,
    /// Tools that never run.
    pub disallowed: Vec<String>,
    /// Folders that runs may work in besides their agent's own.
    pub dirs: Vec<PathBuf>,
}

impl WorkerConfig {
    /// Finds what the types let through.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(name) = self.name.as_ref().filter(|name| !is_name(name)) {
            return Err(format!(
                "worker.name: {name:?} is no name: begin with a letter or digit, then up to 63 letters, digits, . _ -"
            ));
        }
        if !(1..=64).contains(&self.max_concurrent) {
            return Err("worker.max_concurrent: 1 to 64".into());
        }
        if self.enabled && self.agents.is_empty() {
            return Err("worker: name at least one agent under [worker.agents.NAME]".into());
        }
        for (name, agent) in &self.agents {
            let program = matches!(agent.executor, ExecutorKind::Command | ExecutorKind::Acp);
            if program && agent.command.is_empty() {
                return Err(format!("worker.agents.{name}.command: name a program and its arguments"));
            }
            check_endpoint(name, agent)?;
            if agent.cwd.as_ref().is_some_and(|cwd| !cwd.is_absolute()) {
                return Err(format!("worker.agents.{name}.cwd: write an absolute path"));
            }
            if let Some(variable) =
                agent.env_pass.iter().find(|name| name.to_ascii_uppercase().starts_with("LANDLINE_"))
            {
                return Err(format!("worker.agents.{name}.env_pass: {variable} is the node's own"));
            }
        }
        let rules = self.permissions.allowed.iter().chain(&self.permissions.disallowed);
        for rule in rules {
            Rule::parse(rule).map_err(|error| format!("worker.permissions: {error}"))?;
        }
        match self.permissions.dirs.iter().find(|dir| !dir.is_absolute()) {
            Some(dir) => Err(format!("worker.permissions.dirs: {} is not an absolute path", dir.display())),
            None => Ok(()),
        }
    }
}

fn check_endpoint(name: &str, agent: &AgentConfig) -> Result<(), String> {
    match (&agent.endpoint, agent.executor) {
        (Some(endpoint), ExecutorKind::Model) => match endpoint.mistake() {
            Some((field, why)) => Err(format!("worker.agents.{name}.endpoint.{field}: {why}")),
            None if agent.model.is_none() => Err(format!("worker.agents.{name}.model: name the model")),
            None => Ok(()),
        },
        (None, ExecutorKind::Model) => {
            Err(format!("worker.agents.{name}.endpoint: say where the model answers"))
        }
        (Some(_), _) => Err(format!("worker.agents.{name}.endpoint: only the executor model has one")),
        (None, _) => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= 64 && name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Returns the worker that this machine is, if its owner offers work.
pub(super) fn worker(
    config: &Config,
    machine: &Machine,
    environment: &Environment,
    (node_id, state_dir): (&str, &Path),
) -> Option<Arc<Worker>> {
    let own = &config.worker;
    if !own.enabled {
        return None;
    }
    let trade = Trade { agents: own.agents.clone(), home: machine.home().to_owned() };
    let facts = WorkerFacts {
        name: own.name.clone().unwrap_or_else(|| plain(&surface::name(config))),
        pool: own.pool.clone(),
        labels: own.labels.clone(),
        agents: trade.names(),
        executors: trade.executors(),
        max_concurrent: own.max_concurrent,
        isolation: own.isolation,
        permissions: WorkerPermissions {
            mode: own.permissions.mode.clone(),
            allowed: own.permissions.allowed.clone(),
            disallowed: own.permissions.disallowed.clone(),
            dirs: own.permissions.dirs.iter().map(|dir| dir.to_string_lossy().into_owned()).collect(),
        },
        os: std::env::consts::OS.into(),
        arch: std::env::consts::ARCH.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        health: WorkerHealth::default(),
    };
    let worker = Worker::new(Parts {
        facts,
        trade,
        executors: executors(environment, state_dir),
        marker: (MARKER.into(), format!("{node_id}:")),
        state_dir: state_dir.to_owned(),
        bounds: Bounds::default(),
    });
    look_after(&worker, environment);
    Some(worker)
}

/// Returns who can perform runs on this machine; `state` is the node's own folder.
fn executors(environment: &Environment, state: &Path) -> HashMap<ExecutorKind, Arc<dyn Executor>> {
    let claude: Arc<dyn Executor> = Arc::new(ClaudeCode::new(environment.clone()));
    let command: Arc<dyn Executor> = Arc::new(Command::new(environment.clone()));
    let acp: Arc<dyn Executor> = Arc::new(Acp::new(environment.clone(), Memory::new(state.join("acp"))));
    let model: Arc<dyn Executor> =
        Arc::new(Model::new(environment.clone(), Memory::new(state.join("model"))));
    HashMap::from([
        (ExecutorKind::ClaudeCode, claude),
        (ExecutorKind::Command, command),
        (ExecutorKind::Acp, acp),
        (ExecutorKind::Model, model),
    ])
}

/// Says which agents cannot run.
fn look_after(worker: &Worker, environment: &Environment) {
    let ailments = worker.ailments(environment.value("PATH"));
    let detail = (!ailments.is_empty()).then(|| ailments.join("; "));
    worker.set_health(WorkerHealth { ok: detail.is_none(), detail });
}

/// Makes a worker's name of a machine's.
fn plain(name: &str) -> String {
    let mapped = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' });
    let name: String = mapped.skip_while(|c| !c.is_ascii_alphanumeric()).take(64).collect();
    if name.is_empty() { "worker".into() } else { name }
}

/// Hands the gateway's orders over.
pub(super) fn orders(worker: &Arc<Worker>, mut payload: Value) {
    let Some(messages) = payload.get_mut("messages").and_then(Value::as_array_mut) else { return };
    for message in std::mem::take(messages) {
        match serde_json::from_value::<Order>(message) {
            Ok(order) => worker.hear(order),
            // A newer gateway may say what this worker does not know.
            Err(error) => tracing::warn!(%error, "The gateway sent an order that cannot be read"),
        }
    }
}

/// Tells the gateway what there is to tell, as long as the connection lasts.
pub(super) async fn report(worker: Option<Arc<Worker>>, client: Client) {
    let Some(worker) = worker else { return std::future::pending().await };
    loop {
        let line = worker.attach();
        match tell(line, &worker, &client).await {
            Ok(()) => {}
            Err(CallError::Refused(error)) => {
                tracing::warn!(%error, worker = worker.name(), "The gateway does not take this machine as a worker");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
            // The connection has ended, or is about to: what was said is said again on the next.
            Err(error) => {
                tracing::debug!(%error, "Reports did not reach the gateway");
                tokio::time::sleep(LOST_PAUSE).await;
            }
        }
    }
}

async fn tell(mut line: Line, worker: &Worker, client: &Client) -> Result<(), CallError> {
    let mut beat = tokio::time::interval(BEAT);
    beat.tick().await;
    loop {
        let reports = tokio::select! {
            reports = line.next() => reports,
            _ = beat.tick() => {
                worker.tell_status();
                continue;
            }
        };
        let Some(reports) = reports else { return Ok(()) };
        client.call::<WorkerReport>(&WorkerReportParams { messages: values(&reports)? }).await?;
    }
}

fn values(reports: &[Report]) -> Result<Vec<Value>, CallError> {
    let shape = |error: serde_json::Error| CallError::Shape {
        method: "worker.report".into(),
        why: error.to_string(),
    };
    reports.iter().map(|report| serde_json::to_value(report).map_err(shape)).collect()
}

/// What a node declares that works.
pub(super) const CAP: &str = "work";
/// The variable that every process of a run carries.
const MARKER: &str = "LANDLINE_WORKER_RUN";
/// How often a worker says how it is.
const BEAT: Duration = Duration::from_secs(30);
/// How long to wait before asking again who said no.
const REFUSED_PAUSE: Duration = Duration::from_secs(5);
const LOST_PAUSE: Duration = Duration::from_secs(1);
