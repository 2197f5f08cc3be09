//! `landline tasks` and `landline task`: what there is to do and was done, and what can be done about it.

mod change;

use clap::Subcommand;
use schemas::Clock;
use schemas::methods::tasks::{TaskStatus, TaskStatusFilter, TasksList, TasksListOutput, TasksListParams};

use crate::args::Global;
use crate::exit::Outcome;
use crate::output::{DIM, Output};
use crate::reach;
use crate::work::ask::place;
use crate::work::{find, show};

/// Arguments of `landline tasks`.
#[derive(Debug, clap::Args)]
pub(crate) struct TasksArgs {
    /// Only in these states
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_enum)]
    status: Vec<State>,
    /// Only for this target, as it was given
    #[arg(long, value_name = "SELECTOR", value_parser = place)]
    on: Option<String>,
    /// Only those that this worker performs or performed
    #[arg(long, value_name = "NAME")]
    worker: Option<String>,
    /// Only this agent's
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Only of this group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Chat messages as well, which are tasks too
    #[arg(long)]
    all: bool,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Where the page before ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// The states that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum State {
    /// Waits for its turn, its time or a place
    #[value(alias = "pending")]
    Queued,
    /// Is being worked on
    Running,
    /// Ended well
    Completed,
    /// Ended badly
    #[value(alias = "error")]
    Failed,
    /// Was stopped
    Cancelled,
    /// Used up its time limit
    TimedOut,
    /// Was given up after its retries
    DeadLetter,
}

impl State {
    fn status(self) -> TaskStatus {
        match self {
            Self::Queued => TaskStatus::Queued,
            Self::Running => TaskStatus::Running,
            Self::Completed => TaskStatus::Completed,
            Self::Failed | Self::DeadLetter => TaskStatus::Failed,
            Self::Cancelled => TaskStatus::Cancelled,
            Self::TimedOut => TaskStatus::TimedOut,
        }
    }
}

/// What to do with one task.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Show everything about a task
    Show(OneArgs),
    /// Stop a task
    Cancel(change::CancelArgs),
    /// Give the same work anew
    Retry(change::RetryArgs),
    /// Tell a task's agent something more
    Send(change::SendArgs),
    /// Print what a task changed, as a patch
    Diff(OneArgs),
    /// Apply what a task changed to the repository around the present folder
    Apply(change::ApplyArgs),
}

/// A task.
#[derive(Debug, clap::Args)]
pub(crate) struct OneArgs {
    /// The task, or the first six or more characters of its id
    pub(crate) task: String,
}

/// Lists tasks.
pub(crate) async fn list(global: &Global, args: TasksArgs, output: &Output) -> Outcome {
    let dead = args.status.contains(&State::DeadLetter);
    let params = TasksListParams {
        status: Some(args.status.iter().map(|state| state.status()).collect::<Vec<_>>())
            .filter(|states| !states.is_empty())
            .map(TaskStatusFilter::Any),
        dead_lettered: (dead && args.status.len() == 1).then_some(true),
        agent_id: args.agent,
        kind: (!args.all).then(|| "work".into()),
        on: args.on,
        worker: args.worker,
        group: args.group,
        limit: Some(args.limit),
        cursor: args.cursor,
        ..TasksListParams::default()
    };
    let client = reach::connect(global).await?.client;
    let page = client.call::<TasksList>(&params).await?;
    output.show(&page, show_page);
    Ok(())
}

fn show_page(page: &TasksListOutput, output: &Output) {
    if page.tasks.is_empty() {
        return output.remark(format_args!("{DIM}no tasks{DIM:#}"));
    }
    show::table(&page.tasks, Clock::system().now(), output);
    if let Some(cursor) = &page.next_cursor {
        output.remark(format_args!("{DIM}more with --cursor {cursor}{DIM:#}"));
    }
}

/// Does something with one task.
pub(crate) async fn one(global: &Global, command: TaskCommand, output: &Output) -> Outcome {
    match command {
        TaskCommand::Show(args) => {
            let client = reach::connect(global).await?.client;
            let task = find(&client, &args.task).await?;
            output.show(&task, |task, output| show::whole(task, Clock::system().now(), output));
            Ok(())
        }
        TaskCommand::Cancel(args) => change::cancel(global, args, output).await,
        TaskCommand::Retry(args) => change::retry(global, args, output).await,
        TaskCommand::Send(args) => change::send(global, args, output).await,
        TaskCommand::Diff(args) => change::diff(global, args, output).await,
        TaskCommand::Apply(args) => change::apply(global, &args, output).await,
    }
}
