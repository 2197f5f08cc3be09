//! `chat.send`: stores a message and starts or queues its run.

use schemas::error::WireError;
use schemas::methods::chat::{Attachment, ChatSendOutput, ChatSendParams};
use schemas::session::SessionKey;

use crate::chat::commands::Command;
use crate::methods::{Call, session_key};
use crate::tasks::{Asker, Kind, Request, Submission, Ticket, Upload};

/// Sends a message; answers when it is stored.
pub async fn send(call: Call, params: ChatSendParams) -> Result<ChatSendOutput, WireError> {
    let key = session_key(&params.session_key, params.agent_id.as_deref(), "sessionKey")?;
    let mut submission =
        submission(&call, key, params.message, params.idempotency_key, Kind::Chat, &params.attachments)?;
    submission.session_id = params.session_id;
    submission.request.timeout_ms = params.timeout_ms;
    if let Some(mode) = params.queue_mode {
        submission.request.mode = mode;
    }
    if params.suppress_command_interpretation == Some(true) {
        submission.request.command = false;
    }
    let ticket = call.services.engine.submit(submission).await?;
    Ok(output(&ticket))
}

/// Builds what the engine is given, the same for every method that sends a message.
pub(in crate::methods) fn submission(
    call: &Call,
    key: SessionKey,
    message: String,
    run_id: String,
    kind: Kind,
    attachments: &[Attachment],
) -> Result<Submission, WireError> {
    if message.trim().is_empty() && attachments.is_empty() {
        return Err(WireError::invalid("/message must not be empty when there are no attachments"));
    }
    let who = call.who();
    let asker = Asker { device: who.device.as_deref().map(str::to_owned), scopes: who.scopes.names() };
    let command = attachments.is_empty() && Command::parse(&message).is_some();
    Ok(Submission {
        org: who.org.clone(),
        actor: who.actor.clone(),
        run_id,
        kind,
        key,
        session_id: None,
        label: None,
        request: Request {
            message,
            attachments: Vec::new(),
            model: None,
            timeout_ms: None,
            mode: call.services.engine.queue_mode(),
            command,
            asker,
            work: None,
        },
        uploads: Upload::read(attachments)?,
    })
}

/// Returns the answer for an accepted message (protocol 4.1).
pub(in crate::methods) fn output(ticket: &Ticket) -> ChatSendOutput {
    let status = match (ticket.fresh, ticket.has_ended()) {
        (true, _) => "started",
        (false, false) => "in_flight",
        (false, true) => "ok",
    };
    ChatSendOutput { run_id: ticket.run_id.clone(), status: status.into() }
}
