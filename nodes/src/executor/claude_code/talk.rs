//! The talk with a running Claude Code: reads its lines, answers its questions, passes on follow-ups.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::process::ChildStdout;
use tokio::sync::mpsc;
use tokio::time::sleep;
use uuid::Uuid;

use super::control;
use super::lines::{Ask, Line, decode};
use super::turn::Turns;
use crate::executor::{Decision, Failure, FailureClass, FollowUp, PermissionRequest, Progress};
use crate::process::LineReader;

/// The pipes of a running program, and what is open on them.
#[derive(Debug)]
pub(super) struct Talk {
    lines: LineReader<ChildStdout>,
    /// `None` once stdin is closed.
    outbox: Option<mpsc::Sender<Vec<u8>>>,
    answers: FuturesUnordered<BoxFuture<'static, Option<Answer>>>,
    /// Ends the wait for the answer to a question, by the question's id.
    open: HashMap<String, AbortHandle>,
    /// Follow-ups that were written but not taken up yet.
    follow_ups: HashMap<Uuid, FollowUp>,
}

/// A decision together with the question it answers.
#[derive(Debug)]
struct Answer {
    request: String,
    input: Value,
    decision: Decision,
}

impl Talk {
    pub(super) fn new(lines: LineReader<ChildStdout>, outbox: mpsc::Sender<Vec<u8>>) -> Self {
        Self {
            lines,
            outbox: Some(outbox),
            answers: FuturesUnordered::new(),
            open: HashMap::new(),
            follow_ups: HashMap::new(),
        }
    }

    /// Sends the first message and talks until the run is complete or the program closes its stdout.
    pub(super) async fn hold(
        &mut self,
        content: &Value,
        turns: &mut Turns,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let first = Uuid::new_v4();
        turns.written(first);
        self.send(control::user(first, content))?;
        let mut steerable = true;
        loop {
            tokio::select! {
                line = self.lines.next() => {
                    let Some(line) = line.map_err(|error| crash("output", error))? else { return Ok(()) };
                    self.take(decode(&line), turns, progress).await?;
                    if turns.complete() {
                        return Ok(());
                    }
                }
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => self.answer(answer)?,
                follow_up = progress.follow_up(), if steerable => match follow_up {
                    Some(follow_up) => self.follow_up(follow_up, turns)?,
                    None => steerable = false,
                },
                () = sleep(PICKUP), if turns.between() => return Ok(()),
            }
        }
    }

    /// Asks the program to end its present turn.
    pub(super) fn interrupt(&mut self) {
        self.answers.clear();
        if let Err(failure) = self.send(control::interrupt()) {
            tracing::debug!(%failure, "Claude Code could not be interrupted");
        }
    }

    /// Closes the program's stdin once everything sent so far is written.
    pub(super) fn close(&mut self) {
        self.outbox = None;
    }

    /// Reads on without reporting steps, until a turn has ended.
    pub(super) async fn drain(&mut self, turns: &mut Turns) {
        while let Ok(Some(line)) = self.lines.next().await {
            turns.take(decode(&line));
            if turns.last.is_some() {
                return;
            }
        }
    }

    /// Reads to the end of stdout, so that the program never waits for its reader.
    pub(super) async fn drain_to_end(&mut self) {
        while let Ok(Some(_)) = self.lines.next().await {}
    }

    async fn take(&mut self, line: Line, turns: &mut Turns, progress: &Progress) -> Result<(), Failure> {
        match &line {
            Line::Ask(ask) => self.ask(ask, progress),
            Line::Withdrawn { request } => {
                if let Some(wait) = self.open.remove(request) {
                    wait.abort();
                }
            }
            Line::UnknownRequest { request, subtype } => self.send(control::unsupported(request, subtype))?,
            Line::TakenUp { user_line } => {
                if let Some(follow_up) = self.follow_ups.remove(user_line) {
                    follow_up.taken();
                }
            }
            _ => {}
        }
        for step in turns.take(line) {
            progress.step(step).await;
        }
        Ok(())
    }

    fn ask(&mut self, ask: &Ask, progress: &Progress) {
        let asked = progress.ask(PermissionRequest {
            id: ask.request.clone(),
            tool_use_id: ask.tool_use.clone(),
            tool: ask.tool.clone(),
            input: ask.input.clone(),
            description: ask.description.clone(),
        });
        let (wait, registration) = AbortHandle::new_pair();
        self.open.insert(ask.request.clone(), wait);
        let (request, input) = (ask.request.clone(), ask.input.clone());
        self.answers.push(Box::pin(async move {
            let decision = Abortable::new(asked, registration).await.ok()?;
            Some(Answer { request, input, decision })
        }));
    }

    fn answer(&mut self, answer: Option<Answer>) -> Result<(), Failure> {
        let Some(Answer { request, input, decision }) = answer else { return Ok(()) };
        self.open.remove(&request);
        self.send(control::decision(&request, decision, input))
    }

    fn follow_up(&mut self, follow_up: FollowUp, turns: &mut Turns) -> Result<(), Failure> {
        let id = Uuid::new_v4();
        self.send(control::user(id, &Value::String(follow_up.text.clone())))?;
        turns.written(id);
        self.follow_ups.insert(id, follow_up);
        Ok(())
    }

    fn send(&self, line: Vec<u8>) -> Result<(), Failure> {
        let Some(outbox) = &self.outbox else { return Ok(()) };
        match outbox.try_send(line) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(crash("stalled", "it does not read its stdin")),
            // It has ended; its stdout and exit status say how.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }
}

fn crash(code: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new(FailureClass::AgentCrash, code, format!("Claude Code was ended: {why}"))
}

/// How long the program may take, after a result, to take up a message that was sent before it.
const PICKUP: Duration = Duration::from_secs(5);
