//! `landline run`: gives an agent work, here or on another machine, and streams its answer.

use schemas::methods::tasks::{TasksCancel, TasksCancelParams, TasksDispatch};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, Output, WARN};
use crate::work::ask::{AskArgs, place, pool};
use crate::work::follow::{Followed, Form, Line, follow};
use crate::work::show::cost;
use crate::work::{as_it_ended, short_id};

/// Arguments of `landline run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    ask: AskArgs,
    /// Where: a worker's name, pool:NAME, any, any[capability,label=value], local [default: local]
    #[arg(long, value_name = "SELECTOR", value_parser = place)]
    on: Option<String>,
    /// Any worker of this pool; the same as --on pool:NAME
    #[arg(long, value_name = "NAME", value_parser = pool, conflicts_with = "on")]
    pool: Option<String>,
    /// In which conversation [default: one of its own]
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Print the task's id and leave; landline attach shows the answer later
    #[arg(long, conflicts_with = "raw")]
    bg: bool,
    /// Print each step as a line of JSON
    #[arg(long)]
    raw: bool,
    /// Key under which a repeat joins the same task instead of starting another
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Dispatches the task and streams its answer; ends as the task ends.
pub(crate) async fn run(global: &Global, args: RunArgs, output: &Output) -> Outcome {
    let mut params = args.ask.params(args.on.or(args.pool), args.idempotency_key)?;
    params.session_key = args.session;
    let mut line = Line::open(global, output).await?;
    let task = line.ask::<TasksDispatch>(&params).await?;
    if args.bg {
        output.show(&task, |task, output| output.line(&task.task_id));
        return Ok(());
    }
    line.watch(&task.run_id);
    let form = if args.raw { Form::Raw } else { Form::Answer };
    let canceller = line.client.clone();
    let ended = tokio::select! {
        ended = follow(&mut line, &task.task_id, form) => ended?,
        _ = tokio::signal::ctrl_c() => {
            output.remark(format_args!("{WARN}stopping{WARN:#} {}; once more leaves it", short_id(&task.task_id)));
            let params = TasksCancelParams { task_id: task.task_id.clone(), reason: Some("Ctrl-C".into()) };
            tokio::select! {
                stopped = canceller.call::<TasksCancel>(&params) => drop(stopped?),
                _ = tokio::signal::ctrl_c() => {}
            }
            return Err(Failure::failed("the task was stopped"));
        }
    };
    let Followed::Ended(task) = ended else { return Ok(()) };
    if let Some(usage) = task.usage.as_ref().filter(|_| !args.raw && !output.is_json()) {
        output.remark(format_args!("{DIM}{} · {}{DIM:#}", short_id(&task.id), cost(usage)));
    }
    as_it_ended(&task)
}
