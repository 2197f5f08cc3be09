//! `landline chat`: a conversation in the terminal, streamed; or one message with its answer.

mod answer;
mod input;

use std::io::IsTerminal as _;

use nodes::client::{Connection, Events};
use schemas::event::{Chat, ChatState, Event};
use schemas::frame::EventFrame;
use schemas::methods::approvals::{
    ApprovalDecision, ApprovalEntry, ApprovalResolveParams, ExecApprovalResolve,
};
use schemas::methods::chat::{ChatAbort, ChatAbortParams, ChatSend, ChatSendParams};
use schemas::session::SessionKey;
use serde_json::json;

use answer::Answer;
use input::Lines;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output, WARN};
use crate::{agent, reach, text};

/// Arguments of `landline chat`.
#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {
    /// One message; without it a conversation is held. `-` reads the message from stdin
    message: Option<String>,
    /// Who should answer
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Which conversation
    #[arg(long, value_name = "KEY", default_value = "main")]
    session: String,
}

/// Holds the conversation.
pub(crate) async fn run(global: &Global, args: ChatArgs, output: &Output) -> Outcome {
    let message = args.message.map(agent::read_message).transpose()?;
    let connection = reach::connect(global).await?;
    let agent =
        args.agent.unwrap_or_else(|| connection.hello.snapshot.session_defaults.default_agent_id.clone());
    let key = SessionKey::parse(&args.session, Some(&agent))
        .map_err(|error| Failure::usage(format!("--session: {error}")))?;
    let Connection { client, events, .. } = connection;
    let mut room = Room { client, events, key, output };
    match message {
        Some(message) => room.turn(&message, None).await,
        None => room.talk().await,
    }
}

/// One conversation on one connection.
struct Room<'a> {
    client: nodes::client::Client,
    events: Events,
    key: SessionKey,
    output: &'a Output,
}

impl Room<'_> {
    /// Reads lines and answers each, until the input ends.
    async fn talk(&mut self) -> Outcome {
        let person = std::io::stdin().is_terminal() && !self.output.is_json();
        if person {
            let line = format!("{} · /help for commands, Ctrl-C stops a run, Ctrl-D ends", self.key);
            self.output.line(format_args!("{DIM}{line}{DIM:#}"));
        }
        let mut lines = Lines::start();
        loop {
            if person {
                self.output.part(format_args!("{BOLD}› {BOLD:#}"));
            }
            let line = tokio::select! {
                line = lines.next() => line,
                _ = tokio::signal::ctrl_c() => None,
            };
            let Some(line) = line else {
                if person {
                    self.output.line("");
                }
                return Ok(());
            };
            match line.trim() {
                "" => {}
                "/quit" | "/exit" => return Ok(()),
                message => {
                    let turn = self.turn(message, person.then_some(&mut lines)).await;
                    self.survive(turn, person)?;
                }
            }
        }
    }

    /// A refused message does not end a person's conversation; a lost connection does.
    fn survive(&self, turn: Outcome, person: bool) -> Outcome {
        match turn {
            Err(failure) if person && !self.is_lost() => {
                let _ = self.output.fail(&failure);
                Ok(())
            }
            other => other,
        }
    }

    fn is_lost(&self) -> bool {
        let closed = self.events.closed();
        closed.code.is_some() || !closed.reason.is_empty()
    }

    /// Sends one message and prints the answer as it comes; `lines`: a person can be asked.
    async fn turn(&mut self, message: &str, mut lines: Option<&mut Lines>) -> Outcome {
        let run = uuid::Uuid::new_v4().to_string();
        let params = json!({ "sessionKey": self.key, "message": message, "idempotencyKey": run });
        let params: ChatSendParams =
            serde_json::from_value(params).map_err(|error| Failure::failed(error.to_string()))?;
        let sent = self.client.call::<ChatSend>(&params).await?;
        let mut answer = Answer::default();
        let mut stopping = false;
        loop {
            tokio::select! {
                event = self.events.next() => match event {
                    Some(event) => {
                        if self.hear(&event, &sent.run_id, &mut answer, lines.as_deref_mut()).await? {
                            return Ok(());
                        }
                    }
                    None => return Err(self.lost()),
                },
                _ = tokio::signal::ctrl_c() => {
                    if stopping {
                        return Err(Failure::failed("left while the run was being stopped"));
                    }
                    stopping = true;
                    self.abort(&sent.run_id).await?;
                }
            }
        }
    }

    fn lost(&self) -> Failure {
        Failure::failed(format!("connection lost: {}", self.events.closed()))
            .hint("nothing that was sent is lost; see: landline sessions show")
    }

    async fn abort(&self, run: &str) -> Outcome {
        let params = ChatAbortParams {
            session_key: self.key.to_string(),
            agent_id: None,
            run_id: Some(run.to_owned()),
            preserve_side_runs: None,
        };
        self.client.call::<ChatAbort>(&params).await?;
        Ok(())
    }

    /// Prints what an event says of our run; true: the run is over.
    async fn hear(
        &self,
        event: &EventFrame,
        run: &str,
        answer: &mut Answer,
        lines: Option<&mut Lines>,
    ) -> Result<bool, Failure> {
        let payload = event.payload.clone().unwrap_or_default();
        if event.event == Event::ExecApprovalRequested.name() {
            if let Ok(entry) = serde_json::from_value::<ApprovalEntry>(payload)
                && entry.request.run_id.as_deref() == Some(run)
            {
                self.ask(&entry, lines).await;
            }
            return Ok(false);
        }
        if event.event != Event::Chat.name() || payload["runId"] != run {
            return Ok(false);
        }
        let Ok(chat) = serde_json::from_value::<Chat>(payload) else { return Ok(false) };
        if self.output.is_json() {
            self.output.json_line(&chat);
        } else {
            self.output.part(text::clean(&answer.add(&chat.state)));
        }
        match chat.state {
            ChatState::Status { .. } | ChatState::Delta { .. } => Ok(false),
            ChatState::Final { .. } => Ok(true),
            ChatState::Aborted { stop_reason, .. } => {
                let why = stop_reason.map_or_else(String::new, |why| format!(" ({why})"));
                self.output.remark(format_args!("{WARN}stopped{why}{WARN:#}"));
                Ok(true)
            }
            ChatState::Error { error_message, .. } => Err(Failure::failed(error_message)),
        }
    }

    /// Asks the person whether the agent may use a tool; without a person somebody else has to answer.
    async fn ask(&self, entry: &ApprovalEntry, lines: Option<&mut Lines>) {
        let request = &entry.request;
        let what = text::clean(&format!(
            "{}: {}",
            request.tool_name.as_deref().unwrap_or("a command"),
            request.command
        ));
        let Some(lines) = lines else {
            self.output.remark(format_args!(
                "\n{WARN}The agent waits for permission{WARN:#} ({what}). Answer it with landline approvals approve {}, or in the panel: landline dashboard", text::clean(&entry.id)
            ));
            return;
        };
        self.output.line(format_args!("\n{WARN}May the agent use{WARN:#} {what}"));
        self.output.part("Allow once? [y/N] ");
        let yes = tokio::select! {
            line = lines.next() => line.is_some_and(|line| matches!(line.trim(), "y" | "Y" | "yes")),
            _ = tokio::signal::ctrl_c() => false,
        };
        let decision = if yes { ApprovalDecision::AllowOnce } else { ApprovalDecision::Deny };
        let params = ApprovalResolveParams {
            id: entry.id.clone(),
            decision,
            reviewer: None,
            grant_expires_in_days: None,
        };
        // Somebody else may have answered meanwhile: the run goes on either way.
        if let Err(error) = self.client.call::<ExecApprovalResolve>(&params).await {
            self.output
                .remark(format_args!("{WARN}not answered:{WARN:#} {}", text::clean(&error.to_string())));
        }
    }
}
