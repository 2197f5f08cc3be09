//! What changes a task, or uses what it left.

use std::process::Stdio;

use schemas::methods::tasks::{
    TasksCancel, TasksCancelParams, TasksDiff, TasksDiffParams, TasksDispatchOutput, TasksRetry,
    TasksRetryParams, TasksSend, TasksSendParams,
};
use schemas::work::ArtifactKind;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::OneArgs;
use crate::agent::read_message;
use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{GOOD, Output, WARN};
use crate::work::follow::{Followed, Form, Line, follow};
use crate::work::{as_it_ended, find, short_id};
use crate::{reach, text};

/// Arguments of `landline task cancel`.
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The tasks, or the first six or more characters of their ids
    #[arg(required = true)]
    tasks: Vec<String>,
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
}

/// Arguments of `landline task retry`.
#[derive(Debug, clap::Args)]
pub(crate) struct RetryArgs {
    /// The task, or the first six or more characters of its id
    task: String,
    /// Stream the new task's answer instead of printing its id
    #[arg(long)]
    follow: bool,
}

/// Arguments of `landline task send`.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// The task, or the first six or more characters of its id
    task: String,
    /// What to say; `-` reads it from stdin
    message: String,
}

/// Arguments of `landline task apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArgs {
    /// The task, or the first six or more characters of its id
    task: String,
    /// Say whether it applies, change nothing
    #[arg(long)]
    check: bool,
}

/// Stops tasks; fails if one could not be stopped.
pub(super) async fn cancel(global: &Global, args: CancelArgs, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let mut failed = None;
    for task in args.tasks {
        let params = TasksCancelParams { task_id: task.clone(), reason: args.reason.clone() };
        let done = client.call::<TasksCancel>(&params).await?;
        let why = done.reason.clone().unwrap_or_else(|| "it could not be stopped".into());
        output.show(&done, |done, output| {
            let id = done.task.as_ref().map_or(task.as_str(), |task| short_id(&task.id));
            if done.cancelled {
                output.line(format_args!("{GOOD}cancelled{GOOD:#}  {id}"));
            } else {
                output.remark(format_args!("{WARN}not cancelled{WARN:#}  {id}: {}", text::clean(&why)));
            }
        });
        if !done.cancelled {
            failed = Some(Failure::failed(format!("{task}: {why}")));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Gives the same work anew.
pub(super) async fn retry(global: &Global, args: RetryArgs, output: &Output) -> Outcome {
    let mut line = Line::open(global, output).await?;
    let params = TasksRetryParams { task_id: args.task, idempotency_key: uuid::Uuid::new_v4().to_string() };
    let task: TasksDispatchOutput = line.ask::<TasksRetry>(&params).await?;
    if !args.follow {
        output.show(&task, |task, output| output.line(&task.task_id));
        return Ok(());
    }
    match follow(&mut line, &task.task_id, Form::Answer).await? {
        Followed::Ended(task) => as_it_ended(&task),
        Followed::Unread => Ok(()),
    }
}

/// Tells a task's agent something more.
pub(super) async fn send(global: &Global, args: SendArgs, output: &Output) -> Outcome {
    let mut line = Line::open(global, output).await?;
    let params = TasksSendParams {
        task_id: args.task,
        message: read_message(args.message)?,
        idempotency_key: uuid::Uuid::new_v4().to_string(),
    };
    let sent = line.ask::<TasksSend>(&params).await?;
    output.show(&sent, |sent, output| {
        if sent.taken {
            output.line("the agent has it");
        } else {
            output.line(format_args!(
                "no run was alive to take it; it is the conversation's next message: landline attach {}",
                short_id(&sent.task_id)
            ));
        }
    });
    Ok(())
}

/// Prints what a task changed.
pub(super) async fn diff(global: &Global, args: OneArgs, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let diff = client.call::<TasksDiff>(&TasksDiffParams { task_id: args.task }).await?;
    output.show(&diff, |diff, output| {
        output.raw(diff.text.as_bytes());
        if diff.truncated {
            output.remark(format_args!("{WARN}cut:{WARN:#} the patch is larger than is kept"));
        }
    });
    Ok(())
}

/// Applies what a task changed to the repository around the present folder, or to that folder where there is none.
pub(super) async fn apply(global: &Global, args: &ApplyArgs, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let task = find(&client, &args.task).await?;
    let diff = client.call::<TasksDiff>(&TasksDiffParams { task_id: task.id.clone() }).await?;
    if diff.truncated {
        return Err(Failure::failed(
            "the patch is larger than is kept: it is not whole and cannot be applied",
        )
        .hint(match diff.kind {
            ArtifactKind::Branch => format!("fetch the branch {} from where it ran", diff.name),
            ArtifactKind::Patch => "its files lie in quarantine/ of the state folder where it ran".into(),
        }));
    }
    if diff.text.is_empty() {
        let what = if diff.kind == ArtifactKind::Branch {
            format!("it is the branch {}", diff.name)
        } else {
            "it changed nothing".into()
        };
        return Err(Failure::failed(format!("there is nothing to apply: {what}")));
    }
    // Files that are changed here but not by the patch are no hindrance; what was changed on both sides is merged.
    let ways: [&[&str]; 2] = [&[], &["--3way"]];
    let mut refused = None;
    for way in ways {
        match patch(&diff.text, way, args.check).await? {
            None => {
                refused = None;
                break;
            }
            Some(why) => refused = refused.or(Some(why)),
        }
    }
    if let Some(why) = refused {
        let why = text::clean(&why);
        return Err(Failure::failed(format!("the patch does not apply here: {why}")).hint(format!(
            "it was made from {}; see: landline task diff {}",
            diff.name,
            short_id(&task.id)
        )));
    }
    let what = if args.check { "it applies" } else { "applied" };
    output
        .show(&serde_json::json!({ "applied": !args.check, "task": task.id }), |_, output| output.line(what));
    Ok(())
}

/// Runs `git apply` at the top of the repository; returns what it said if it did not apply.
async fn patch(diff: &str, way: &[&str], check: bool) -> Result<Option<String>, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("git: {error}")).hint("is git installed?");
    let top = Command::new("git").args(["rev-parse", "--show-toplevel"]).output().await.map_err(failed)?;
    let mut git = Command::new("git");
    if top.status.success() {
        // Further down git would leave out, in silence, what lies elsewhere.
        git.arg("-C").arg(String::from_utf8_lossy(&top.stdout).trim_end());
    }
    git.args(["apply", "--whitespace=nowarn"]).args(way).args(check.then_some("--check")).arg("-");
    git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = git.spawn().map_err(failed)?;
    if let Some(mut stdin) = running.stdin.take() {
        // git may end before it has read everything; its exit tells why.
        let _ = stdin.write_all(diff.as_bytes()).await;
    }
    let done = running.wait_with_output().await.map_err(failed)?;
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Ok((!done.status.success()).then_some(said))
}
