//! Real workers, a hub, and a line between them that fails as badly as lines do.

mod faults;
mod line;
mod real;
mod simulation;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{Command, Executor, ExecutorKind};
use nodes::process::Environment;
use nodes::transport::conformance;
use nodes::work::wire::Facts;
use nodes::work::{AgentConfig, Bounds, Parts as WorkerParts, Trade, Worker};
use schemas::Clock;
use tokio::task::JoinSet;

use super::*;
use line::{Faults, Way};

/// A hub and a worker called `w`, connected as long as the stage lives.
struct Stage {
    workers: Arc<Workers>,
    worker: Arc<Worker>,
    line: JoinSet<()>,
}

fn patience() -> Patience {
    Patience {
        lease: Duration::from_secs(5),
        adopt: Duration::ZERO,
        repeat: Duration::from_millis(150),
        stop: Duration::from_secs(10),
    }
}

fn hub(patience: Patience) -> Arc<Workers> {
    let clock = Clock::system();
    let hub = Arc::new(Hub::new(clock.clone()));
    Workers::new(Parts { clock, hub, jobs: Jobs::default(), patience })
}

fn worker(extra: &[(&str, &[&str])]) -> Arc<Worker> {
    let agent = |command: &[&str]| AgentConfig {
        executor: ExecutorKind::Command,
        command: command.iter().map(ToString::to_string).collect(),
        cwd: None,
        env_pass: Vec::new(),
        env: BTreeMap::new(),
        model: None,
        max_turns: None,
        endpoint: None,
    };
    let known = conformance::AGENTS.iter().chain(extra);
    let trade = Trade {
        agents: known.map(|(name, command)| ((*name).to_owned(), agent(command))).collect(),
        home: std::env::temp_dir(),
    };
    let command: Arc<dyn Executor> = Arc::new(Command::new(Environment::of_process()));
    Worker::new(WorkerParts {
        facts: Facts { name: "w".into(), agents: trade.names(), max_concurrent: 4, ..Facts::default() },
        trade,
        executors: HashMap::from([(ExecutorKind::Command, command)]),
        marker: ("LANDLINE_WORKER_TEST".into(), format!("{}:", uuid::Uuid::new_v4())),
        state_dir: std::env::temp_dir().join("landline-worker-tests"),
        bounds: Bounds { repeat: Duration::from_millis(300), ..Bounds::default() },
    })
}

impl Stage {
    fn new(faults: Faults) -> Self {
        Self::with(faults, worker(&[]))
    }

    fn with(faults: Faults, worker: Arc<Worker>) -> Self {
        let workers = hub(patience());
        let mut line = JoinSet::new();
        line.spawn(line::keep(Arc::clone(&workers), Arc::clone(&worker), faults));
        Self { workers, worker, line }
    }
}
