//! `landline attach` and `landline result`: the output of a task that was started before, or elsewhere.

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, Output};
use crate::text;
use crate::work::follow::{Followed, Form, Line, follow};
use crate::work::{as_it_ended, find, has_ended, short_id};

/// Arguments of `landline attach`.
#[derive(Debug, clap::Args)]
pub(crate) struct AttachArgs {
    /// The task, or the first six or more characters of its id
    task: String,
    /// Print each step as a line of JSON
    #[arg(long)]
    raw: bool,
}

/// Shows everything that the task said so far, then what it says, and ends as it ends. Ctrl-C leaves; the task goes on.
pub(crate) async fn attach(global: &Global, args: &AttachArgs, output: &Output) -> Outcome {
    let mut line = Line::open(global, output).await?;
    let task = find(&line.client, &args.task).await?;
    line.watch(&task.run_id);
    let form = if args.raw { Form::Raw } else { Form::Answer };
    let ended = tokio::select! {
        ended = follow(&mut line, &task.id, form) => ended?,
        _ = tokio::signal::ctrl_c() => {
            output.remark(format_args!("{DIM}left; the task goes on: landline attach {}{DIM:#}", short_id(&task.id)));
            return Ok(());
        }
    };
    match ended {
        Followed::Ended(task) => as_it_ended(&task),
        Followed::Unread => Ok(()),
    }
}

/// Arguments of `landline result`.
#[derive(Debug, clap::Args)]
pub(crate) struct ResultArgs {
    /// The task, or the first six or more characters of its id
    task: String,
    /// Wait until it has ended
    #[arg(long)]
    wait: bool,
}

/// Prints the answer of a task; fails if there is none yet, or if the task failed.
pub(crate) async fn result(global: &Global, args: &ResultArgs, output: &Output) -> Outcome {
    let mut line = Line::open(global, output).await?;
    let mut task = find(&line.client, &args.task).await?;
    if args.wait && !has_ended(task.status) {
        let id = task.id.clone();
        follow(&mut line, &id, Form::Silent).await?;
        task = find(&line.client, &id).await?;
    }
    if !has_ended(task.status) {
        return Err(Failure::failed("the task has not ended yet")
            .hint(format!("follow it with: landline attach {}", short_id(&task.id))));
    }
    output.show(&task, |task, output| {
        if let Some(result) = &task.result {
            output.line(text::clean(result).trim_end_matches('\n'));
        }
    });
    as_it_ended(&task)
}
