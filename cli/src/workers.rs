//! `landline workers`: the machines that perform tasks, and taking one out of use.

use clap::Subcommand;
use schemas::Clock;
use schemas::methods::workers::{
    WorkerRow, WorkerStatus, WorkersDrain, WorkersDrainParams, WorkersList, WorkersListOutput,
    WorkersListParams,
};

use crate::args::Global;
use crate::exit::Outcome;
use crate::output::{DIM, Output};
use crate::work::short_id;
use crate::{reach, text};

/// Arguments of `landline workers`.
#[derive(Debug, clap::Args)]
pub(crate) struct WorkersArgs {
    #[command(subcommand)]
    command: Option<WorkersCommand>,
    /// Only those of this pool
    #[arg(long, value_name = "NAME")]
    pool: Option<String>,
    /// Only those that are connected
    #[arg(long)]
    online: bool,
}

/// What to do with workers.
#[derive(Debug, Subcommand)]
enum WorkersCommand {
    /// Give a worker nothing new; it ends what it has
    Drain {
        /// The worker
        name: String,
        /// Use it again
        #[arg(long)]
        off: bool,
    },
}

/// Lists workers, or takes one out of use.
pub(crate) async fn run(global: &Global, args: WorkersArgs, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    if let Some(WorkersCommand::Drain { name, off }) = args.command {
        let done = client.call::<WorkersDrain>(&WorkersDrainParams { name, drain: !off }).await?;
        output.show(&done, |done, output| {
            let worker = &done.worker;
            output.line(format_args!(
                "{}: {}, {} running",
                text::clean(&worker.facts.name),
                worker.status,
                worker.running
            ));
        });
        return Ok(());
    }
    let params = WorkersListParams { pool: args.pool, online: args.online.then_some(true) };
    let list = client.call::<WorkersList>(&params).await?;
    output.show(&list, show);
    Ok(())
}

fn show(list: &WorkersListOutput, output: &Output) {
    if list.workers.is_empty() {
        return output.remark(format_args!("{DIM}no workers; see docs/workers.md{DIM:#}"));
    }
    let heading =
        ["NAME", "STATUS", "HEALTH", "RUNS", "POOL", "AGENTS", "MAY", "PLATFORM", "VERSION", "SEEN", "TASKS"];
    let mut rows = vec![heading.map(ToOwned::to_owned).to_vec()];
    rows.extend(list.workers.iter().map(row));
    output.table(&rows);
}

fn row(worker: &WorkerRow) -> Vec<String> {
    let facts = &worker.facts;
    let health = match (&facts.health.detail, facts.health.ok) {
        (_, true) => "ok".to_owned(),
        (Some(why), false) => text::short(why, 30),
        (None, false) => "down".to_owned(),
    };
    let seen = match (worker.status, worker.last_seen_at) {
        (WorkerStatus::Offline, Some(at)) => text::ago(Clock::system().now(), at),
        (WorkerStatus::Offline, None) => "never".into(),
        _ => "now".into(),
    };
    vec![
        facts.name.clone(),
        worker.status.to_string(),
        health,
        format!("{}/{}", worker.running, facts.max_concurrent),
        facts.pool.clone().unwrap_or_else(|| "-".into()),
        text::short(&facts.agents.iter().chain(&facts.executors).cloned().collect::<Vec<_>>().join(","), 40),
        may(worker),
        format!("{}/{}", facts.os, facts.arch),
        facts.version.clone(),
        seen,
        text::short(&worker.task_ids.iter().map(|id| short_id(id)).collect::<Vec<_>>().join(","), 60),
    ]
}

/// Returns the most that a run there may do, in few words.
fn may(worker: &WorkerRow) -> String {
    let permissions = &worker.facts.permissions;
    let mut parts = Vec::new();
    parts.extend(permissions.mode.clone());
    if !permissions.allowed.is_empty() {
        parts.push(permissions.allowed.join(","));
    }
    if !permissions.disallowed.is_empty() {
        parts.push(format!("not {}", permissions.disallowed.join(",")));
    }
    if parts.is_empty() { "-".into() } else { text::short(&parts.join("; "), 40) }
}
