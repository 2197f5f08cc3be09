//! Runs any program: the prompt on its stdin, the lines of its stdout as the answer.

use std::ffi::OsString;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio_util::sync::CancellationToken;

use super::limit::{MAX_LINE, beside, within};
use super::{
    AfterCrash, AgentSpec, Assignment, EndedBy, Executor, Failure, FailureClass, Outcome, Progress, Reply,
    Step,
};
use crate::process::{Environment, Launch, LineReader, Running, Tail};

/// Runs `command` of the agent, without a shell.
#[derive(Debug, Clone)]
pub struct Command {
    environment: Environment,
}

impl Command {
    /// Returns an executor whose programs may be given variables of `environment`: the basic ones, and
    /// those that the agent's `env_pass` names.
    pub const fn new(environment: Environment) -> Self {
        Self { environment }
    }

    fn launch(&self, task: &Assignment) -> Result<Launch, Failure> {
        let AgentSpec { name, command, .. } = &task.agent;
        let Some((program, arguments)) = command.split_first() else {
            let message = format!("The agent {name} has no program; set `command` in [agents.{name}]");
            return Err(Failure::new(FailureClass::Validation, "no_command", message));
        };
        Ok(Launch {
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            cwd: task.agent.cwd.clone(),
            environment: task.agent.environment(&self.environment, &Environment::BASIC),
            marker: task.environment_marker.clone(),
        })
    }
}

#[async_trait]
impl Executor for Command {
    fn after_crash(&self) -> AfterCrash {
        AfterCrash::Fail
    }

    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome {
        let started = self.launch(&task).and_then(|launch| launch.start().map_err(Failure::from));
        let mut running = match started {
            Ok(running) => running,
            Err(failure) => return Outcome::failed(failure),
        };
        let stderr = Tail::default();
        let (stdin, errors) = (running.stdin.take(), running.stderr.take());
        let prompt = task.prompt_with_attachments();
        let feed = async {
            tokio::join!(write_prompt(stdin, &prompt), async {
                if let Some(errors) = errors {
                    stderr.follow(errors).await;
                }
            })
        };
        let work = async {
            let read = within(read_answer(&mut running, &progress), &stop, task.timeout).await;
            let status = running.end(GRACE).await;
            stderr.settled().await;
            match read {
                Ok(Ok(text)) => judge(&text, status, &stderr.text()),
                Ok(Err(failure)) => Outcome::failed(failure),
                Err(EndedBy::TimedOut) => Outcome::timed_out(task.timeout),
                Err(_) => Outcome::cancelled(),
            }
        };
        beside(work, feed).await
    }
}

/// Writes the prompt and closes the pipe. A program that does not read its stdin is no failure.
async fn write_prompt(stdin: Option<ChildStdin>, prompt: &str) {
    let Some(mut stdin) = stdin else { return };
    if let Err(error) = stdin.write_all(prompt.as_bytes()).await {
        tracing::debug!(%error, "The program did not read its whole prompt");
    }
}

/// Reads stdout to its end, or, when something the program started holds it open, to a little after the
/// end of the program itself.
async fn read_answer(running: &mut Running, progress: &Progress) -> Result<String, Failure> {
    let Some(stdout) = running.stdout.take() else { return Ok(String::new()) };
    let mut lines = LineReader::new(stdout, MAX_LINE);
    let mut answer = String::new();
    let drained = async |running: &mut Running| {
        // An error means that there is nothing to wait for.
        let _ = running.exited().await;
        tokio::time::sleep(DRAIN).await;
    };
    loop {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            () = drained(running) => break,
        };
        let line =
            line.map_err(|error| Failure::new(FailureClass::AgentCrash, "output", error.to_string()))?;
        let Some(line) = line else { break };
        let delta = String::from_utf8_lossy(&line).into_owned();
        if answer.len() + delta.len() > MAX_ANSWER {
            let message = format!("The program wrote more than {MAX_ANSWER} bytes");
            return Err(Failure::new(FailureClass::AgentCrash, "output_too_long", message));
        }
        answer.push_str(&delta);
        progress.step(Step::Text { delta }).await;
    }
    // Its exit decides; it may go on after closing stdout.
    let _ = running.exited().await;
    Ok(answer)
}

fn judge(text: &str, status: Option<ExitStatus>, stderr: &str) -> Outcome {
    if status.is_some_and(|status| status.success()) {
        return Outcome::finished(Reply::new(text.trim_end_matches(['\n', '\r'])));
    }
    let how = status.map_or_else(|| "ended in an unknown way".to_owned(), |status| status.to_string());
    let code = status
        .and_then(|status| status.code())
        .map_or_else(|| "signal".to_owned(), |code| format!("exit_{code}"));
    let said = if stderr.is_empty() { String::new() } else { format!(": {stderr}") };
    Outcome::failed(Failure::new(FailureClass::AgentCrash, code, format!("The program failed ({how}){said}")))
}

/// How long a program may take to end when asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for output that is still under way when the program has ended.
const DRAIN: Duration = Duration::from_secs(1);
/// The longest answer, in bytes.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
