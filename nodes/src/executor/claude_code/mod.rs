//! Runs the Claude Code command line: one process a run, lines of JSON in and out.

mod args;
mod control;
mod lines;
mod talk;
mod text;
mod tools;
mod turn;
mod verdict;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::limit::{MAX_LINE, beside, within};
use super::{
    AfterCrash, Assignment, EndedBy, Executor, Failure, FailureClass, Outcome, Progress, Reply, Step,
};
use crate::process::{Environment, Launch, LineReader, Running, Tail, find_program};
use args::Thread;
use talk::Talk;
use tools::ToolFile;
use turn::Turns;
use verdict::Cure;

/// Finds `claude` on `path` (the text of a `PATH` variable), without running it.
pub fn detect(path: &OsStr) -> Option<PathBuf> {
    find_program("claude", path)
}

/// Runs the `command` of the agent, or the `claude` on the `PATH` when it has none.
#[derive(Debug, Clone)]
pub struct ClaudeCode {
    environment: Environment,
}

impl ClaudeCode {
    /// Returns an executor whose processes may be given variables of `environment`: those that the program
    /// needs to find its account and the API, and those that the agent's `env_pass` names.
    pub const fn new(environment: Environment) -> Self {
        Self { environment }
    }

    fn launch(&self, run: &Run<'_>, thread: Thread) -> Result<Launch, Failure> {
        let task = run.task;
        let environment = args::environment(&task.agent, &self.environment);
        let mut command: Vec<OsString> = task.agent.command.iter().map(OsString::from).collect();
        if command.is_empty() {
            let found = environment.value("PATH").and_then(detect);
            let not_installed = || Failure::new(FailureClass::Validation, "not_installed", NOT_INSTALLED);
            command.push(found.ok_or_else(not_installed)?.into());
        }
        let program = command.remove(0);
        command.extend(args::arguments(task, thread, run.tools.as_ref()));
        let (cwd, marker) = (task.agent.cwd.clone(), task.environment_marker.clone());
        Ok(Launch { program, arguments: command, cwd, environment, marker })
    }

    /// Starts the program once for `thread` and sees it through to its end.
    async fn attempt(&self, run: &Run<'_>, thread: Thread, progress: &mut Progress) -> Attempt {
        let started = self.launch(run, thread).and_then(|launch| launch.start().map_err(Failure::from));
        let mut running = match started {
            Ok(running) => running,
            Err(failure) => return Attempt::Over(Box::new(Outcome::failed(failure))),
        };
        let pipes = (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let (Some(stdin), Some(stdout), Some(errors)) = pipes else {
            return Attempt::Over(Box::new(Outcome::failed(verdict::of_exit(None, "it has no pipes"))));
        };
        let stderr = Tail::default();
        let (outbox, written) = mpsc::channel(OUTBOX);
        let aside = async { tokio::join!(write(stdin, written), stderr.follow(errors)) };
        let work = async {
            let before = if thread.resume { run.task.conversation.cost_before_usd } else { Some(0.0) };
            let mut turns = Turns::new(before);
            let mut talk = Talk::new(LineReader::new(stdout, MAX_LINE), outbox);
            let talking = talk.hold(&run.content, &mut turns, progress);
            let left = run.deadline.saturating_duration_since(Instant::now());
            let ended = within(talking, run.stop, left).await;
            let status = wind_down(&mut running, talk, &mut turns, ended.is_err()).await;
            stderr.settled().await;
            conclude(run, thread, ended, &turns, status, &stderr.text())
        };
        beside(work, aside).await
    }
}

#[async_trait]
impl Executor for ClaudeCode {
    fn after_crash(&self) -> AfterCrash {
        AfterCrash::Resume
    }

    async fn execute(&self, task: Assignment, mut progress: Progress, stop: CancellationToken) -> Outcome {
        let content = args::content(&task).await;
        let deadline = Instant::now() + task.timeout;
        let tools = match &task.tools {
            None => None,
            Some(access) => match ToolFile::write(access).await {
                Ok(file) => Some(file),
                Err(failure) => return Outcome::failed(failure),
            },
        };
        let run = Run { task: &task, content, tools, deadline, stop: &stop };
        let asked = task.conversation;
        let first = Thread { id: asked.id, resume: asked.resume };
        let (cured, note) = match Box::pin(self.attempt(&run, first, &mut progress)).await {
            Attempt::Over(outcome) => return *outcome,
            Attempt::Curable(Cure::BeginAnew) => (Thread { id: Uuid::new_v4(), resume: false }, LOST),
            Attempt::Curable(Cure::Resume) => (Thread { id: asked.id, resume: true }, FOUND),
        };
        progress.step(Step::Note { text: note.to_owned() }).await;
        match Box::pin(self.attempt(&run, cured, &mut progress)).await {
            Attempt::Over(outcome) => *outcome,
            Attempt::Curable(_) => {
                let message = "Claude Code can neither resume the conversation nor begin a new one";
                Outcome::failed(Failure::new(FailureClass::AgentCrash, "no_conversation", message))
            }
        }
    }
}

/// What the attempts of one run share.
#[derive(Debug)]
struct Run<'a> {
    task: &'a Assignment,
    content: Value,
    tools: Option<ToolFile>,
    deadline: Instant,
    stop: &'a CancellationToken,
}

/// How one start of the program ended.
#[derive(Debug)]
enum Attempt {
    Over(Box<Outcome>),
    Curable(Cure),
}

/// Writes lines to stdin as they come, and closes it when no more can come. It never holds up the reading
/// of stdout, so the two cannot wait for each other.
async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if let Err(error) = stdin.write_all(&line).await {
            tracing::debug!(%error, "Claude Code no longer reads");
            return;
        }
    }
}

/// Lets the program end: by itself once stdin is closed, or, when its work was stopped, by an interrupt, a
/// SIGINT, a SIGTERM and a SIGKILL, each a short while after the other. A SIGKILL alone would leave its
/// tools running and its conversation torn.
async fn wind_down(
    running: &mut Running,
    mut talk: Talk,
    turns: &mut Turns,
    stopped: bool,
) -> Option<ExitStatus> {
    if stopped {
        talk.interrupt();
        // Its result tells what the stopped turn has cost.
        let _ = timeout(INTERRUPT_GRACE, talk.drain(turns)).await;
        running.interrupt();
    }
    talk.close();
    let ended = async {
        tokio::join!(running.exited(), talk.drain_to_end()).0.ok();
    };
    let _ = timeout(if stopped { SIGINT_GRACE } else { EXIT_GRACE }, ended).await;
    running.end(SIGTERM_GRACE).await
}

fn conclude(
    run: &Run<'_>,
    thread: Thread,
    ended: Result<Result<(), Failure>, EndedBy>,
    turns: &Turns,
    status: Option<ExitStatus>,
    stderr: &str,
) -> Attempt {
    let outcome = match ended {
        Err(EndedBy::TimedOut) => Outcome::timed_out(run.task.timeout),
        Err(_) => Outcome::cancelled(),
        Ok(Err(failure)) => Outcome::failed(failure),
        Ok(Ok(())) => {
            if let Some(cure) = verdict::cure(thread.resume, turns.last.as_ref(), stderr) {
                return Attempt::Curable(cure);
            }
            match &turns.last {
                None => Outcome::failed(verdict::of_exit(status, stderr)),
                Some(last) if last.is_error => Outcome::failed(verdict::of_result(last)),
                Some(last) => Outcome::finished(Reply {
                    text: turns.reply(),
                    stop_reason: last.stop_reason.clone().unwrap_or_else(|| "end_turn".to_owned()),
                }),
            }
        }
    };
    // Without an `init` the agent never opened the conversation of this run.
    let kept = turns.session().or_else(|| thread.resume.then_some(thread.id));
    Attempt::Over(Box::new(Outcome { usage: turns.usage(), conversation: kept, ..outcome }))
}

/// Lines that may wait for the program to read them; it reads at once unless it hangs.
const OUTBOX: usize = 64;
/// How long the program may take to end its turn when interrupted.
const INTERRUPT_GRACE: Duration = Duration::from_millis(1500);
/// How long it may take to end after SIGINT.
const SIGINT_GRACE: Duration = Duration::from_secs(1);
/// How long it may take to end after SIGTERM.
const SIGTERM_GRACE: Duration = Duration::from_secs(2);
/// How long it may take to end after its result, when stdin is closed.
const EXIT_GRACE: Duration = Duration::from_secs(5);

const NOT_INSTALLED: &str = "Claude Code is not installed: there is no `claude` on the PATH of the gateway. Install \
    it with `npm install -g @anthropic-ai/claude-code`, or set `command` of the agent to where it is";
const LOST: &str =
    "The agent no longer had this conversation, so it began a new one without the earlier messages";
const FOUND: &str = "The agent already had this conversation and continues it";
