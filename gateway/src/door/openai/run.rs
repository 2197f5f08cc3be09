//! One answer in the making: a run of the engine, heard while it goes on, stopped when its client hangs up.

use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemas::Scopes;
use schemas::error::WireError;
use schemas::event::{Chat, ChatState, Event};
use schemas::frame::{EventFrame, finish_event};
use schemas::methods::agents::{AgentOutput, AgentResult};
use schemas::methods::chat::{Attachment, ChatAbort, ChatAbortParams};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::super::visitor::Visitor;
use super::Guest;
use super::error::Refusal;
use super::target::Target;
use crate::hub::{Member, Membership, Outgoing, Topic};
use crate::security::Principal;
use crate::supervise::Job;

/// What becomes of an answer.
pub(super) enum Part {
    /// More text.
    Text(String),
    /// Nothing new: a sign of life is due.
    Still,
    /// The end; with it the text that was not told before.
    End(Result<(String, Box<AgentResult>), Refusal>),
}

/// An answer in the making.
pub(super) struct Run {
    pub(super) id: String,
    answer: BoxFuture<'static, Result<AgentOutput, WireError>>,
    ear: Option<Ear>,
    /// The text that was told so far, as the agent has it now.
    said: String,
    next_sign: Instant,
    stop: Stop,
    _place: OwnedSemaphorePermit,
}

impl Run {
    /// Starts it. `listen`: text is wanted as it comes.
    pub(super) fn start(
        guest: Guest,
        target: &Target,
        (message, attachments): (String, Vec<Attachment>),
        listen: bool,
    ) -> Self {
        let Guest { visitor, headers, place } = guest;
        let given =
            headers.get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
        let id = given.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), ToOwned::to_owned);
        let mut params = json!({
            "message": message, "idempotencyKey": id, "agentId": target.agent, "sessionKey": target.key,
            "attachments": attachments,
        });
        if let Some(model) = &target.model {
            params["model"] = model.as_str().into();
        }
        // The ear first: what is said before somebody listens would be lost.
        let ear = listen.then(|| Ear::open(&visitor, &target.key.to_string()));
        let caller = visitor.clone();
        let answer = async move {
            let output = caller.ask("agent", &params).await?;
            serde_json::from_value(output).map_err(|_| WireError::unavailable("the run's end cannot be read"))
        };
        let stop = Stop { visitor, key: target.key.to_string(), run: id.clone(), over: false };
        let next_sign = Instant::now() + SIGN_OF_LIFE;
        Self { id, answer: answer.boxed(), ear, said: String::new(), next_sign, stop, _place: place }
    }

    /// Waits for what comes next; after the end it must not be asked again.
    pub(super) async fn next(&mut self) -> Part {
        loop {
            let event = async {
                match &self.ear {
                    Some(ear) => ear.next().await,
                    None => std::future::pending().await,
                }
            };
            let chat = tokio::select! {
                biased;
                event = event => event,
                ended = &mut self.answer => return self.end(ended),
                () = tokio::time::sleep_until(self.next_sign) => {
                    self.next_sign = Instant::now() + SIGN_OF_LIFE;
                    return Part::Still;
                }
            };
            let Some(chat) = chat else {
                // Too slow to hear everything: what is missing comes with the end.
                self.ear = None;
                continue;
            };
            if let ChatState::Delta { message, .. } = chat.state
                && chat.run_id == self.id
            {
                let text =
                    message.content.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n");
                let more = reach(&mut self.said, &text);
                if !more.is_empty() {
                    self.next_sign = Instant::now() + SIGN_OF_LIFE;
                    return Part::Text(more);
                }
            }
        }
    }

    /// Waits for the end alone.
    pub(super) async fn ended(mut self) -> Result<(String, Box<AgentResult>), Refusal> {
        loop {
            if let Part::End(end) = self.next().await {
                return end;
            }
        }
    }

    fn end(&mut self, ended: Result<AgentOutput, WireError>) -> Part {
        self.stop.over = true;
        let result = match ended {
            Ok(output) => output.result,
            Err(error) => return Part::End(Err(error.into())),
        };
        let Some(result) = result else {
            return Part::End(Err(WireError::unavailable("the run gave no answer").into()));
        };
        let text = result.payloads.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
        let rest = reach(&mut self.said, &text);
        Part::End(Ok((rest, Box::new(result))))
    }
}

/// Returns what is missing to the whole text. What was told cannot be taken back: a text that the agent began anew
/// follows on a new line.
fn reach(said: &mut String, whole: &str) -> String {
    let more = match whole.strip_prefix(said.as_str()) {
        Some(more) => more.to_owned(),
        None if whole.is_empty() => return String::new(),
        None => format!("\n{whole}"),
    };
    whole.clone_into(said);
    more
}

/// Hears one conversation, without a scope that would give it others.
struct Ear(Membership);

impl Ear {
    fn open(visitor: &Visitor, key: &str) -> Self {
        let from = &visitor.member.principal;
        let nothing = Scopes::none();
        let principal = Principal { scopes: nothing, reach: nothing, ..from.clone() };
        let hub = &visitor.lobby.services.hub;
        let member = std::sync::Arc::new(Member::new(visitor.member.id.clone(), principal, false));
        let here = hub.join(member);
        hub.subscribe(&here.member, Topic::Follow(key.to_owned()));
        Self(here)
    }

    /// Waits for a `chat` event; `None` when too much was left lying.
    async fn next(&self) -> Option<Chat> {
        let member = &self.0.member;
        loop {
            let item = std::future::poll_fn(|cx| {
                let ended = member.outbox.poll_ended(cx);
                match (member.outbox.take(), ended) {
                    (Some(item), _) => Poll::Ready(Some(item)),
                    (None, Poll::Ready(_)) => Poll::Ready(None),
                    (None, Poll::Pending) => Poll::Pending,
                }
            })
            .await?;
            member.heard();
            if let Outgoing::Event(prefix, seq) = item
                && let Some(chat) = chat_of(&prefix, seq)
            {
                return Some(chat);
            }
        }
    }
}

fn chat_of(prefix: &[u8], seq: Option<u64>) -> Option<Chat> {
    let mut frame = Vec::with_capacity(prefix.len() + 24);
    finish_event(&mut frame, prefix, seq);
    let frame: EventFrame = serde_json::from_slice(&frame).ok()?;
    (frame.event == Event::Chat.name()).then(|| serde_json::from_value(frame.payload?).ok())?
}

/// Stops the run when nobody waits for it any more.
struct Stop {
    visitor: Visitor,
    key: String,
    run: String,
    over: bool,
}

impl Drop for Stop {
    fn drop(&mut self) {
        let jobs = &self.visitor.lobby.services.jobs;
        // A gateway that stops leaves its runs to the next start; nobody hung up.
        if self.over || jobs.stopping().is_cancelled() {
            return;
        }
        let (visitor, run) = (self.visitor.clone(), self.run.clone());
        let params = ChatAbortParams {
            session_key: self.key.clone(),
            agent_id: None,
            run_id: Some(run.clone()),
            preserve_side_runs: None,
        };
        jobs.spawn(Job::Connection, async move {
            if let Err(error) = visitor.call::<ChatAbort>(&params).await {
                tracing::warn!(run, %error, "The run of a client that hung up could not be stopped");
            }
        });
    }
}

/// Longest silence on a stream: less than proxies and clients wait.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_told_once_and_a_new_text_on_a_new_line() {
        let mut said = String::new();
        assert_eq!(reach(&mut said, "Hel"), "Hel");
        assert_eq!(reach(&mut said, "Hello"), "lo");
        assert_eq!(reach(&mut said, ""), "");
        assert_eq!(reach(&mut said, "Done."), "\nDone.");
        assert_eq!(reach(&mut said, "Done."), "");
    }
}
