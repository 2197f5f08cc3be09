//! Runs any agent of the Agent Client Protocol: one process a run, JSON-RPC over its pipes.

mod files;
mod gate;
mod link;
mod session;
mod talk;
mod turn;
mod verdict;

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use agent_client_protocol::Error;
use async_trait::async_trait;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::limit::{beside, within};
use super::memory::Memory;
use super::{AfterCrash, Assignment, EndedBy, Executor, Failure, FailureClass, Outcome, Progress, Reply};
use crate::process::{Environment, Launch, Running, Tail};
use files::Folders;
use gate::Gate;
use link::Link;
use talk::Talk;
use turn::Turn;
use verdict::Trouble;

/// Runs the `command` of the agent. The prompt reaches it over its stdin.
#[derive(Debug, Clone)]
pub struct Acp {
    environment: Environment,
    memory: Memory,
}

impl Acp {
    /// Returns an executor whose processes may be given variables of `environment`: the basic ones and those that the
    /// agent's `env_pass` names. `memory` keeps which session of the agent a conversation is.
    pub const fn new(environment: Environment, memory: Memory) -> Self {
        Self { environment, memory }
    }

    fn start(&self, task: &Assignment) -> Result<Running, Failure> {
        let (program, arguments) = task.agent.command.split_first().ok_or_else(|| {
            let message = format!("agents.{}.command names no program", task.agent.name);
            Failure::new(FailureClass::Validation, "no_command", message)
        })?;
        let launch = Launch {
            program: program.into(),
            arguments: arguments.iter().map(Into::into).collect(),
            cwd: task.agent.cwd.clone(),
            environment: task.agent.environment(&self.environment, &Environment::BASIC),
            marker: task.environment_marker.clone(),
        };
        Ok(launch.start()?)
    }

    /// Opens the session and has the prompt answered.
    async fn converse(&self, chat: &mut Talk<'_>, task: &Assignment) -> (Result<Reply, Trouble>, bool) {
        match session::open(chat, task, &self.memory).await {
            Ok((id, keeps)) => (chat.prompt(&id, task.prompt_with_attachments()).await, keeps),
            Err(trouble) => (Err(trouble), false),
        }
    }

    async fn hold(
        &self,
        task: &Assignment,
        link: Link,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Held {
        let gate = match Gate::new(&task.agent, task.tools.is_some()) {
            Ok(gate) => gate,
            Err(failure) => {
                return Held { ended: Ok(Err(failure.into())), turn: Turn::default(), kept: false };
            }
        };
        let Ok(connection) = link.connection.await else {
            return Held { ended: Ok(Err(Trouble::Gone)), turn: Turn::default(), kept: false };
        };
        let dirs = task.permissions.iter().filter_map(|rights| rights.add_dirs.as_ref()).flatten();
        let before = if task.conversation.resume { task.conversation.cost_before_usd } else { Some(0.0) };
        let mut chat = Talk {
            connection,
            ear: link.ear,
            gate,
            folders: Folders::new(dirs.map(Path::new).chain([task.agent.cwd.as_path()])),
            progress,
            turn: Turn::new(before),
            session: None,
            open: FuturesUnordered::new(),
            enough: CancellationToken::new(),
        };
        let enough = chat.enough.clone();
        let ended = {
            let mut converse = Box::pin(self.converse(&mut chat, task));
            let ended = within(&mut converse, stop, task.timeout).await;
            if ended.is_err() {
                enough.cancel();
                // What the turn has cost so far comes with its end.
                let _ = timeout(CANCEL_GRACE, &mut converse).await;
            }
            ended
        };
        let kept = chat.session.is_some() && ended.as_ref().map_or(true, |(_, keeps)| *keeps);
        Held { ended: ended.map(|(result, _)| result), turn: chat.turn, kept }
    }
}

/// What came of the chat.
struct Held {
    ended: Result<Result<Reply, Trouble>, EndedBy>,
    turn: Turn,
    /// Whether the agent can go on with the conversation.
    kept: bool,
}

#[async_trait]
impl Executor for Acp {
    fn after_crash(&self) -> AfterCrash {
        AfterCrash::Resume
    }

    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome {
        let mut running = match self.start(&task) {
            Ok(running) => running,
            Err(failure) => return Outcome::failed(failure),
        };
        let pipes = (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let (Some(stdin), Some(stdout), Some(errors)) = pipes else {
            return Outcome::failed(verdict::of_exit(None, None, "it has no pipes"));
        };
        let stderr = Tail::default();
        let (link, carried) = link::link(stdin, stdout);
        let hang_up = link.hang_up.clone();
        let broken: Mutex<Option<Error>> = Mutex::default();
        let carry = async {
            if let Err(error) = carried.await {
                broken.lock().unwrap_or_else(PoisonError::into_inner).replace(error);
            }
        };
        let aside = async { tokio::join!(carry, stderr.follow(errors)) };
        let work = async {
            let held = self.hold(&task, link, &progress, &stop).await;
            hang_up.cancel();
            let _ = timeout(EXIT_GRACE, running.exited()).await;
            let status = running.end(SIGTERM_GRACE).await;
            stderr.settled().await;
            let fault = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
            conclude(&task, held, status, fault.as_ref(), &stderr.text())
        };
        Box::pin(beside(work, aside)).await
    }
}

fn conclude(
    task: &Assignment,
    held: Held,
    status: Option<ExitStatus>,
    fault: Option<&Error>,
    stderr: &str,
) -> Outcome {
    let outcome = match held.ended {
        Err(EndedBy::TimedOut) => Outcome::timed_out(task.timeout),
        Err(_) => Outcome::cancelled(),
        Ok(Ok(reply)) => Outcome::finished(reply),
        Ok(Err(Trouble::Failed(failure))) => Outcome::failed(failure),
        Ok(Err(Trouble::Gone)) => Outcome::failed(verdict::of_exit(status, fault, stderr)),
    };
    let conversation = held.kept.then_some(task.conversation.id);
    Outcome { usage: held.turn.usage(), conversation, ..outcome }
}

/// How long the agent may take to end its turn when it is cancelled.
const CANCEL_GRACE: Duration = Duration::from_secs(3);
/// How long it may take to end when its stdin is closed.
const EXIT_GRACE: Duration = Duration::from_secs(2);
/// How long it may take to end after SIGTERM.
const SIGTERM_GRACE: Duration = Duration::from_secs(2);
