//! `landline fan-out`: the same work on several machines at once, and what each made of it.

use schemas::methods::tasks::{TaskGroup, TaskStatus, TaskSummary, TasksDispatch};
use schemas::methods::workers::{WorkersList, WorkersListParams};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, Output};
use crate::work::ask::{AskArgs, place};
use crate::work::follow::{Followed, Form, Line, follow};
use crate::work::{short_id, show};

/// Arguments of `landline fan-out`.
#[derive(Debug, clap::Args)]
pub(crate) struct FanOutArgs {
    #[command(flatten)]
    ask: AskArgs,
    /// Where, separated by commas: names of workers, pool:NAME, any, local
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = place, required_unless_present = "pool")]
    on: Vec<String>,
    /// Every worker of this pool that is connected
    #[arg(long, value_name = "NAME", conflicts_with = "on")]
    pool: Option<String>,
    /// Tasks that are enough: once so many have completed, the others are stopped
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    quorum: Option<u32>,
    /// Print the ids and leave
    #[arg(long)]
    bg: bool,
}

/// One part of a fan-out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<Box<TaskSummary>>,
    /// Why it was not dispatched or could not be followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Dispatches the work everywhere, shows every answer behind its name, and fails if one part failed.
pub(crate) async fn run(global: &Global, args: FanOutArgs, output: &Output) -> Outcome {
    let mut line = Line::open(global, output).await?;
    let places = match &args.pool {
        Some(pool) => members(&mut line, pool).await?,
        None => args.on,
    };
    let group = uuid::Uuid::new_v4().to_string();
    let asked = args.ask.params(None, Some(String::new()))?;
    let mut parts = Vec::with_capacity(places.len());
    for (number, on) in places.into_iter().enumerate() {
        let mut params = asked.clone();
        params.idempotency_key = format!("{group}-{number}");
        params.group = Some(TaskGroup { id: group.clone(), quorum: args.quorum });
        params.on = Some(on.clone());
        // Each part stands for itself: one that is refused must not leave the others without anybody who looks at them.
        parts.push(match line.ask::<TasksDispatch>(&params).await {
            Ok(task) => Part { on, task_id: Some(task.task_id), task: None, error: None },
            Err(failure) => Part { on, task_id: None, task: None, error: Some(failure.message) },
        });
    }
    if !args.bg {
        parts = followed(global, output, parts).await?;
    }
    tell(&group, &parts, output);
    let bad = parts.iter().filter(|part| part.is_bad(args.bg, args.quorum.is_some())).count();
    let enough = args.quorum.is_some_and(|quorum| completed(&parts) >= quorum as usize);
    if bad == 0 || enough { Ok(()) } else { Err(Failure::failed(format!("{bad} of {} failed", parts.len()))) }
}

impl Part {
    fn name(&self) -> &str {
        self.on.strip_prefix("node:").unwrap_or(&self.on)
    }

    fn is_bad(&self, in_background: bool, with_quorum: bool) -> bool {
        let status = self.task.as_ref().map(|task| task.status);
        let spared = with_quorum && status == Some(TaskStatus::Cancelled);
        self.error.is_some() || (!in_background && status != Some(TaskStatus::Completed) && !spared)
    }
}

fn completed(parts: &[Part]) -> usize {
    let done = |part: &&Part| part.task.as_ref().is_some_and(|task| task.status == TaskStatus::Completed);
    parts.iter().filter(done).count()
}

async fn members(line: &mut Line<'_>, pool: &str) -> Result<Vec<String>, Failure> {
    let params = WorkersListParams { pool: Some(pool.to_owned()), online: Some(true) };
    let workers = line.ask::<WorkersList>(&params).await?.workers;
    let names: Vec<String> = workers.iter().map(|worker| format!("node:{}", worker.facts.name)).collect();
    if names.is_empty() {
        return Err(Failure::failed(format!("no worker of the pool {pool:?} is connected"))
            .hint("see: landline workers"));
    }
    Ok(names)
}

/// Follows one part to its end.
async fn perform(global: &Global, json: bool, part: &mut Part) {
    let Some(id) = part.task_id.clone() else { return };
    let form = if json { Form::Silent } else { Form::Behind(part.name().to_owned()) };
    match one(global, &Output::new(json), &id, form).await {
        Ok(task) => part.task = task,
        Err(failure) => part.error = Some(failure.message),
    }
}

/// Follows all parts at the same time.
async fn followed(global: &Global, output: &Output, parts: Vec<Part>) -> Result<Vec<Part>, Failure> {
    let mut done: Vec<Option<Part>> = parts.iter().map(|_| None).collect();
    let local = tokio::task::LocalSet::new();
    let (global, json) = (global.clone(), output.is_json());
    local
        .run_until(async {
            let mut running = JoinSet::new();
            for (index, mut part) in parts.into_iter().enumerate() {
                let global = global.clone();
                running.spawn_local(async move {
                    perform(&global, json, &mut part).await;
                    (index, part)
                });
            }
            while let Some(ended) = running.join_next().await {
                if let Ok((index, part)) = ended {
                    done[index] = Some(part);
                }
            }
        })
        .await;
    Ok(done.into_iter().flatten().collect())
}

async fn one(
    global: &Global,
    output: &Output,
    id: &str,
    form: Form,
) -> Result<Option<Box<TaskSummary>>, Failure> {
    let mut line = Line::open(global, output).await?;
    Ok(match follow(&mut line, id, form).await? {
        Followed::Ended(task) => Some(task),
        Followed::Unread => None,
    })
}

fn tell(group: &str, parts: &[Part], output: &Output) {
    output.show(&serde_json::json!({ "group": group, "parts": parts }), |_, output| {
        for part in parts {
            let id = part.task_id.as_deref().map(short_id).unwrap_or_default();
            let how = match (&part.error, &part.task) {
                (Some(error), _) => format!("not done: {error}"),
                (None, Some(task)) => show::word(task).to_owned(),
                (None, None) => part.task_id.clone().unwrap_or_default(),
            };
            output.line(format_args!("[{}] {how}  {DIM}{id}{DIM:#}", part.name()));
        }
        let ended = parts.iter().filter(|part| part.task.is_some()).count();
        if ended > 0 {
            output.line(format_args!(
                "Done: {} completed, {} not",
                completed(parts),
                parts.len() - completed(parts)
            ));
        }
    });
}
