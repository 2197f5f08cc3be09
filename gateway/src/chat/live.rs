//! One run as it is shown while it is alive (protocol 6.1, 6.2).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nodes::executor::{Question, Step};
use schemas::bounds::CHAT_DELTA_INTERVAL;
use schemas::clock::Millis;
use schemas::event::{AgentStep, Chat as ChatEvent, ChatMessage, ChatState};
use schemas::methods::chat::InFlightRun;
use schemas::task::TaskState;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Chat;
use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::tasks::{End, Kind, RunFacts, Spectator};

/// What somebody who opens the conversation now is shown of its run.
#[derive(Debug)]
pub(super) struct Live {
    run_id: String,
    text: String,
    started_at: Millis,
    events: VecDeque<Value>,
}

impl Live {
    pub(super) fn new(run: &RunFacts) -> Self {
        Self {
            run_id: run.card.run_id.clone(),
            text: String::new(),
            started_at: run.started_at,
            events: VecDeque::new(),
        }
    }

    /// Returns the run's name and its text so far.
    pub(super) fn text(&self) -> (String, String) {
        (self.run_id.clone(), self.text.clone())
    }

    pub(super) fn shown(&self) -> InFlightRun {
        InFlightRun {
            run_id: self.run_id.clone(),
            text: self.text.clone(),
            started_at: self.started_at,
            events: self.events.iter().cloned().collect(),
        }
    }
}

/// Turns the steps of a run into events.
#[derive(Debug)]
pub(super) struct Watcher {
    chat: Chat,
    run: RunFacts,
    live: Arc<Mutex<Live>>,
    seq: u64,
    /// Text that no `chat` delta has shown yet.
    pending: String,
    /// The next delta replaces what was shown.
    replace: bool,
    last_delta: Option<Instant>,
    /// Names and start times of the tools that are at work.
    tools: HashMap<String, (String, Millis)>,
    model: Option<String>,
}

impl Watcher {
    pub(super) fn begin(chat: Chat, run: RunFacts, live: Arc<Mutex<Live>>) -> Self {
        let (model, again) = (None, run.fence.saturating_sub(1));
        let mut watcher = Self {
            chat,
            run,
            live,
            // A further run of the task goes on counting, and begins its text anew.
            seq: (again * SEQ_STRIDE).unsigned_abs(),
            pending: String::new(),
            replace: again > 0,
            last_delta: None,
            tools: HashMap::new(),
            model,
        };
        watcher.agent("run_status", json!({ "phase": "starting_model" }));
        watcher.chat(ChatState::Status { phase: "starting_model".into() });
        watcher.agent("lifecycle", json!({ "phase": "start", "startedAt": watcher.run.started_at }));
        let run_id = watcher.run.card.run_id.clone();
        watcher.chat.session_changed(
            &watcher.run.card.org,
            &watcher.run.session,
            "agent.run.started",
            &json!({ "phase": "start", "runId": run_id }),
        );
        if let Some(model) = watcher.run.model.clone() {
            watcher.answered_by(&model);
        }
        watcher
    }

    fn answered_by(&mut self, model: &str) {
        if self.model.as_deref() != Some(model) {
            self.model = Some(model.to_owned());
            self.agent(
                "lifecycle",
                json!({ "phase": "model", "provider": self.run.provider, "model": model }),
            );
        }
    }

    /// Sends an `agent` event under the next number.
    fn agent(&mut self, stream: &str, data: Value) {
        self.agent_to(stream, data, false);
    }

    fn agent_to(&mut self, stream: &str, data: Value, tools_only: bool) {
        self.seq += 1;
        let event = AgentStep {
            run_id: self.run.card.run_id.clone(),
            session_key: self.run.card.key.to_string(),
            agent_id: self.run.card.agent.clone(),
            stream: stream.into(),
            data,
            seq: self.seq,
            ts: self.chat.0.clock.now(),
        };
        self.chat.publish_step(&self.run.card.org, &event, tools_only);
        if matches!(stream, "tool" | "item") {
            let mut live = self.live();
            if live.events.len() >= MAX_EVENTS {
                live.events.pop_front();
            }
            live.events.push_back(serde_json::to_value(&event).unwrap_or_default());
        }
    }

    /// Sends a `chat` event under the present number.
    fn chat(&self, state: ChatState) {
        let event = ChatEvent {
            run_id: self.run.card.run_id.clone(),
            session_key: self.run.card.key.to_string(),
            agent_id: self.run.card.agent.clone(),
            seq: self.seq,
            state,
        };
        self.chat.publish_chat(&self.run.card.org, &event);
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&mut self, delta: &str) {
        let so_far = {
            let mut live = self.live();
            live.text.push_str(delta);
            live.text.clone()
        };
        self.agent("assistant", json!({ "text": so_far, "delta": delta }));
        self.pending.push_str(delta);
        if self.due().is_none_or(|due| due <= Instant::now()) {
            self.flush();
        }
    }

    fn show_delta(&mut self) {
        let message = ChatMessage::assistant(self.live().text.clone(), self.chat.0.clock.now());
        let replace = std::mem::take(&mut self.replace).then_some(true);
        let delta_text = std::mem::take(&mut self.pending);
        self.chat(ChatState::Delta { delta_text, message, replace });
        self.last_delta = Some(Instant::now());
    }

    fn tool(&mut self, id: &str, name: &str, phase: &str, tool: Value, item: &Value) {
        self.agent_to("tool", tool, true);
        let mut row = json!({
            "itemId": id, "kind": "tool", "phase": phase, "title": name, "name": name, "toolCallId": id,
        });
        if let (Value::Object(row), Value::Object(item)) = (&mut row, item) {
            row.extend(item.clone());
        }
        self.agent("item", row);
    }

    fn tool_step(&mut self, step: &Step) {
        let now = self.chat.0.clock.now();
        match step {
            Step::ToolStart { id, name, args } => {
                self.tools.insert(id.clone(), (name.clone(), now));
                let tool = json!({ "phase": "start", "name": name, "toolCallId": id, "args": args });
                self.tool(id, name, "start", tool, &json!({ "status": "running", "startedAt": now }));
            }
            Step::ToolUpdate { id, name, partial } => {
                let tool =
                    json!({ "phase": "update", "name": name, "toolCallId": id, "partialResult": partial });
                self.tool(id, name, "update", tool, &json!({ "status": "running" }));
            }
            Step::ToolResult { id, name, is_error, result } => {
                let begun = self.tools.remove(id);
                let name = begun.as_ref().map_or(name, |(name, _)| name);
                let tool = json!({
                    "phase": "result", "name": name, "toolCallId": id, "isError": is_error, "result": result,
                });
                let status = if *is_error { "failed" } else { "completed" };
                let started = begun.as_ref().map_or(now, |(_, at)| *at);
                let item = json!({ "status": status, "startedAt": started, "endedAt": now });
                self.tool(id, name, "end", tool, &item);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: &End) {
        let aborted = end.state == TaskState::Cancelled;
        let stop_reason = end.stop_reason.clone();
        let (started, ended) = (end.started_at, end.ended_at);
        let message = || end.text.clone().map(|text| ChatMessage::assistant(text, ended));
        if let Some(usage) = &end.usage {
            self.agent("usage", json!({ "outputTokens": usage.output_tokens }));
        }
        if let (TaskState::Failed, Some(failure)) = (end.state, &end.failure) {
            self.agent("lifecycle", json!({ "phase": "error", "error": failure.message, "endedAt": ended }));
            let kind = super::rows::error_kind(failure).to_owned();
            self.chat(ChatState::Error { error_message: failure.message.clone(), error_kind: Some(kind) });
            return;
        }
        let mut data = json!({ "phase": "end", "startedAt": started, "endedAt": ended, "aborted": aborted,
                               "stopReason": stop_reason });
        if aborted {
            // A number of its own: a client that drops what it has seen must not drop the end.
            self.seq += 1;
            self.chat(ChatState::Aborted { message: message(), stop_reason });
            data["status"] = json!("cancelled");
            return self.agent("lifecycle", data);
        }
        self.agent(
            "lifecycle",
            json!({ "phase": "finishing", "stopReason": stop_reason, "aborted": false, "endedAt": ended }),
        );
        data["terminalReply"] = json!({ "disposition": "visible", "text": end.text });
        self.agent("lifecycle", data);
        self.chat(ChatState::Final { message: message(), stop_reason });
    }
}

impl Spectator for Watcher {
    fn step(&mut self, step: &Step) {
        // What dispatched work says is followed by cursor (`tasks.output`); pushed to everybody it would drown them.
        if self.run.card.kind == Kind::Work && !matches!(step, Step::Model { .. }) {
            return;
        }
        match step {
            Step::Text { delta } => self.text(delta),
            Step::TextReset => {
                self.live().text.clear();
                self.pending.clear();
                self.replace = true;
                self.show_delta();
                self.replace = true;
            }
            Step::Thinking { delta } => self.agent("thinking", json!({ "delta": delta })),
            Step::Model { name } => self.answered_by(name),
            Step::Usage(usage) => self.agent("usage", json!({ "outputTokens": usage.output_tokens })),
            Step::Retry { attempt, max, delay_ms, error } => self.agent(
                "retry",
                json!({ "attempt": attempt, "maxAttempts": max, "delayMs": delay_ms, "error": error }),
            ),
            Step::Note { text } => self.agent("run_status", json!({ "phase": "note", "text": text })),
            Step::Percent { done } => {
                self.agent("run_status", json!({ "phase": "progress", "percent": done }));
            }
            Step::ToolStart { .. } | Step::ToolUpdate { .. } | Step::ToolResult { .. } => {
                self.tool_step(step);
            }
            Step::Conversation { .. } | Step::Gap { .. } => {}
        }
    }

    fn ask(&mut self, question: Question) {
        self.chat.ask(&self.run, question);
    }

    fn due(&self) -> Option<Instant> {
        let last = self.last_delta.filter(|_| !self.pending.is_empty())?;
        Some(last + CHAT_DELTA_INTERVAL)
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.show_delta();
        }
    }

    fn ended(mut self: Box<Self>, end: &End, session: &Session, messages: &[Message]) {
        self.flush();
        let card = Arc::clone(&self.run.card);
        {
            let mut map = self.chat.live_map();
            let name = (Arc::clone(&card.org), card.key.to_string());
            if map.get(&name).is_some_and(|live| Arc::ptr_eq(live, &self.live)) {
                map.remove(&name);
            }
        }
        // A cancelled run says so first; its partial text follows (protocol 6.2, order of the stock gateway).
        let aborted = end.state == TaskState::Cancelled;
        if aborted {
            self.close(end);
        }
        for message in messages {
            self.chat.message_added(&card.org, session, message, Some(&card.run_id));
        }
        if !aborted {
            self.close(end);
        }
        let extra = json!({ "phase": "end", "runId": card.run_id });
        self.chat.publish_change(&card.org, session, Some(&card.run_id), "agent.input.settled", &extra);
    }
}

/// Numbers that each run of a task has for itself.
const SEQ_STRIDE: i64 = 1_000_000;
/// Tool events of a live run that are shown to somebody who opens the conversation.
const MAX_EVENTS: usize = 200;
