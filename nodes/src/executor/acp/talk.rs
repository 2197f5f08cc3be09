//! The talk with a running agent: opens the session, sends the prompt, answers the agent's questions.

use agent_client_protocol::v1::schema::{
    CancelNotification, PermissionOption, PermissionOptionKind, PromptRequest, ReadTextFileResponse,
    RequestPermissionOutcome, RequestPermissionRequest, RequestPermissionResponse, SelectedPermissionOutcome,
    SessionId, WriteTextFileResponse,
};
use agent_client_protocol::v1::{ConnectionTo, Responder};
use agent_client_protocol::{Agent, Error, JsonRpcMessage as _, UntypedMessage};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::files::Folders;
use super::gate::{Call, Gate, Verdict};
use super::link::{Ear, Heard};
use super::turn::Turn;
use super::verdict::{Trouble, of_error, of_stop};
use crate::executor::{Decision, PermissionRequest, Progress, Reply};

/// A running agent, and what is open with it.
pub(super) struct Talk<'a> {
    pub(super) connection: ConnectionTo<Agent>,
    pub(super) ear: Ear,
    pub(super) gate: Gate,
    pub(super) folders: Folders,
    pub(super) progress: &'a Progress,
    pub(super) turn: Turn,
    pub(super) session: Option<SessionId>,
    pub(super) open: FuturesUnordered<BoxFuture<'static, Answer>>,
    /// Cancelled when the run is to end.
    pub(super) enough: CancellationToken,
}

/// A decision together with the question it answers.
pub(super) struct Answer {
    options: Vec<PermissionOption>,
    /// `None`: the run ends before anybody decided.
    decision: Option<Decision>,
    responder: Responder<RequestPermissionResponse>,
}

impl Talk<'_> {
    /// Sends a request and waits for its answer. What the agent says meanwhile belongs to no turn: it is passed over.
    pub(super) async fn call<T: Send>(
        &mut self,
        what: &str,
        answer: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Trouble> {
        tokio::pin!(answer);
        let answered = loop {
            tokio::select! {
                biased;
                () = self.enough.cancelled() => return Err(Trouble::Gone),
                Some(heard) = self.ear.next() => self.beside(heard),
                answered = &mut answer => break answered,
            }
        };
        while let Some(heard) = self.ear.at_hand() {
            self.beside(heard);
        }
        answered.map_err(|error| of_error(what, &error))
    }

    /// Sends the prompt and sees the turn through to its end, which it asks the agent for once there is enough.
    pub(super) async fn prompt(&mut self, session: &SessionId, prompt: String) -> Result<Reply, Trouble> {
        let request = PromptRequest::new(session.clone(), vec![prompt.into()]);
        // Untyped, since the counts of the answer are not part of the stable types yet.
        let request =
            UntypedMessage::new(request.method(), &request).map_err(|error| of_error(PROMPT, &error))?;
        let answer = self.connection.send_request(request).block_task();
        tokio::pin!(answer);
        let enough = self.enough.clone();
        let mut told = false;
        let answered = loop {
            tokio::select! {
                biased;
                () = enough.cancelled(), if !told => {
                    told = true;
                    self.cancel(session);
                }
                Some(heard) = self.ear.next() => self.take(heard).await,
                Some(answer) = self.open.next(), if !self.open.is_empty() => respond(answer),
                answered = &mut answer => break answered,
            }
        };
        while let Some(heard) = self.ear.at_hand() {
            self.take(heard).await;
        }
        let ended: Value = answered.map_err(|error| of_error(PROMPT, &error))?;
        self.turn.counted(&ended);
        let reason = ended["stopReason"].as_str().unwrap_or("end_turn");
        Ok(of_stop(reason, self.turn.reply())?)
    }

    fn cancel(&self, session: &SessionId) {
        if let Err(error) = self.connection.send_notification(CancelNotification::new(session.clone())) {
            tracing::debug!(%error, "The agent could not be told to end its turn");
        }
    }

    /// Answers what must be answered outside of a turn: no.
    fn beside(&self, heard: Heard) {
        match heard {
            Heard::Ask(_, responder) => respond_with(responder, RequestPermissionOutcome::Cancelled),
            Heard::Update(_) => {}
            Heard::Read(..) | Heard::Write(..) => self.file(heard),
        }
    }

    async fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Update(update) => {
                for step in self.turn.take(update) {
                    self.progress.step(step).await;
                }
            }
            Heard::Ask(ask, responder) => self.ask(*ask, responder),
            Heard::Read(..) | Heard::Write(..) => self.file(heard),
        }
    }

    fn ask(&self, ask: RequestPermissionRequest, responder: Responder<RequestPermissionResponse>) {
        let id = ask.tool_call.tool_call_id.0.to_string();
        let call = Call::of(&ask.tool_call, self.turn.name_of(&id));
        let decided = match self.gate.judge(&call) {
            Verdict::Allow => Some(Decision::Allow { updated_input: None }),
            Verdict::Refuse => Some(Decision::Deny { message: String::new() }),
            Verdict::Ask => None,
        };
        if decided.is_some() || self.enough.is_cancelled() {
            respond(Answer { options: ask.options, decision: decided, responder });
            return;
        }
        let title = ask.tool_call.fields.title.clone();
        let input = if call.input.is_null() { serde_json::json!({ "title": title }) } else { call.input };
        let asked = self.progress.ask(PermissionRequest {
            id: format!("acp-{}", responder.raw_id()),
            tool_use_id: Some(id),
            tool: call.tool,
            input,
            description: title,
        });
        let enough = self.enough.clone();
        self.open.push(Box::pin(async move {
            let decision = enough.run_until_cancelled(asked).await;
            Answer { options: ask.options, decision, responder }
        }));
    }

    fn file(&self, heard: Heard) {
        let sent = match heard {
            Heard::Read(asked, responder) if self.gate.may_read() => {
                responder.respond_with_result(self.folders.read(&asked).map(ReadTextFileResponse::new))
            }
            Heard::Write(asked, responder) if self.gate.may_write() => responder
                .respond_with_result(self.folders.write(&asked).map(|()| WriteTextFileResponse::new())),
            // It was not offered.
            Heard::Read(_, responder) => responder.respond_with_error(Error::method_not_found()),
            Heard::Write(_, responder) => responder.respond_with_error(Error::method_not_found()),
            _ => Ok(()),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "The agent no longer waits for a file");
        }
    }
}

/// Chooses the narrowest option that says what was decided. Without one the question counts as cancelled, never as allowed.
fn respond(answer: Answer) {
    let kinds: &[PermissionOptionKind] = match answer.decision {
        Some(Decision::Allow { .. }) => &[PermissionOptionKind::AllowOnce, PermissionOptionKind::AllowAlways],
        Some(Decision::Deny { .. }) => {
            &[PermissionOptionKind::RejectOnce, PermissionOptionKind::RejectAlways]
        }
        None => &[],
    };
    let chosen = kinds.iter().find_map(|kind| answer.options.iter().find(|option| option.kind == *kind));
    let outcome = chosen.map_or(RequestPermissionOutcome::Cancelled, |option| {
        RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(option.option_id.clone()))
    });
    respond_with(answer.responder, outcome);
}

fn respond_with(responder: Responder<RequestPermissionResponse>, outcome: RequestPermissionOutcome) {
    if let Err(error) = responder.respond(RequestPermissionResponse::new(outcome)) {
        tracing::debug!(%error, "The agent no longer waits for an answer");
    }
}

const PROMPT: &str = "the prompt";
