//! Conversations as people see them: runs shown live, commands, questions, transcripts.

pub mod builtin;
pub mod commands;
mod live;
mod questions;
pub mod rows;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use schemas::Clock;
use schemas::event::{AgentStep, Chat as ChatEvent, ChatMessage, ChatState, Event};
use schemas::methods::chat::InFlightRun;
use schemas::task::TaskState;
use serde_json::{Value, json};

use crate::approvals::Approvals;
use crate::hub::{Hub, Topic};
use crate::store::Store;
use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::supervise::Jobs;
use crate::tasks::{Audience, Card, End, Engine, RunFacts, Spectator, TaskChange};

use live::{Live, Watcher};

/// The live side of all conversations. Clones share it.
#[derive(Clone, Debug)]
pub struct Chat(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    jobs: Jobs,
    approvals: Approvals,
    engine: OnceLock<Weak<Engine>>,
    /// The run that is alive in a conversation, by organisation and key.
    live: Mutex<LiveRuns>,
}

/// By organisation and session key.
type LiveRuns = HashMap<(Arc<str>, String), Arc<Mutex<Live>>>;

impl Chat {
    /// Builds it; [`Chat::attach`] ties it to the engine that it watches.
    pub fn new(store: Store, hub: Arc<Hub>, clock: Clock, jobs: Jobs, approvals: Approvals) -> Self {
        let (engine, live) = (OnceLock::new(), Mutex::default());
        Self(Arc::new(Inner { store, hub, clock, jobs, approvals, engine, live }))
    }

    /// Ties it to the engine.
    pub fn attach(&self, engine: &Arc<Engine>) {
        // A second engine would be a bug of the composition; the first one stays.
        drop(self.0.engine.set(Arc::downgrade(engine)));
    }

    /// Returns the registry of permission requests.
    pub fn approvals(&self) -> &Approvals {
        &self.0.approvals
    }

    /// Returns the name of the run that is alive in a conversation and its text so far, and nothing that costs more.
    pub fn live_text(&self, org: &str, key: &str) -> Option<(String, String)> {
        let live = self.live_map().get(&(Arc::from(org), key.to_owned())).cloned()?;
        let live = live.lock().unwrap_or_else(PoisonError::into_inner);
        Some(live.text())
    }

    /// Returns the run that is alive in a conversation, with its text so far.
    pub fn in_flight(&self, org: &str, key: &str) -> Option<InFlightRun> {
        let live = self.live_map().get(&(Arc::from(org), key.to_owned())).cloned()?;
        let live = live.lock().unwrap_or_else(PoisonError::into_inner);
        Some(live.shown())
    }

    /// Tells the subscribers of the list that a conversation changed.
    pub fn session_changed(&self, org: &str, session: &Session, reason: &str, extra: &Value) {
        self.publish_change(org, session, None, reason, extra);
    }

    /// Tells the subscribers of the list that a conversation was removed.
    pub fn session_deleted(&self, key: &str, session_id: &str) {
        let agent = schemas::session::SessionKey::parse(key, None).map(|key| key.agent().to_owned());
        let payload = json!({
            "sessionKey": key, "sessionId": session_id, "agentId": agent.unwrap_or_default(),
            "reason": "delete", "ts": self.0.clock.now(),
        });
        self.0.hub.publish_to(&Topic::Sessions, Event::SessionsChanged, &payload);
    }

    /// Shows a line that was written without a run.
    pub fn injected(&self, org: &Arc<str>, session: &Session, message: &Message, text: &str) {
        self.message_added(org, session, message, None);
        let event = ChatEvent {
            run_id: format!("inject-{}", message.id),
            session_key: session.key.clone(),
            agent_id: rows::agent_of(session),
            seq: 0,
            state: ChatState::Final {
                message: Some(ChatMessage::assistant(text, message.at)),
                stop_reason: None,
            },
        };
        self.publish_chat(org, &event);
        self.session_changed(org, session, "send", &Value::Null);
    }

    fn engine(&self) -> Option<Arc<Engine>> {
        self.0.engine.get()?.upgrade()
    }

    /// Returns what the engine knows of a conversation; `without` is a run that has just ended.
    fn engine_state(&self, org: &str, session: &Session, without: Option<&str>) -> rows::Active {
        let Some(engine) = self.engine() else { return rows::Active::default() };
        let mut active = rows::Active::of(&engine, org, session);
        if let Some(run_id) = without {
            active.runs.retain(|other| other != run_id);
            active.alive = false;
        }
        active
    }

    /// Tells the subscribers of the list; `ended_run` is a run that has just ended.
    fn publish_change(
        &self,
        org: &str,
        session: &Session,
        ended_run: Option<&str>,
        reason: &str,
        extra: &Value,
    ) {
        if !self.0.hub.is_heard(&Topic::Sessions) {
            return;
        }
        let row = &rows::session_row(session, &self.engine_state(org, session, ended_run));
        let mut payload = serde_json::to_value(row).unwrap_or_default();
        payload["session"] = serde_json::to_value(row).unwrap_or_default();
        payload["sessionKey"] = json!(session.key);
        payload["reason"] = json!(reason);
        payload["ts"] = json!(self.0.clock.now());
        if let Value::Object(extra) = extra {
            for (name, value) in extra {
                payload[name] = value.clone();
            }
        }
        self.0.hub.publish_to(&Topic::Sessions, Event::SessionsChanged, &payload);
    }

    fn message_added(&self, org: &str, session: &Session, message: &Message, ended_run: Option<&str>) {
        let topic = Topic::Messages(session.key.clone());
        if !self.0.hub.is_heard(&topic) {
            return;
        }
        let row = rows::session_row(session, &self.engine_state(org, session, ended_run));
        let payload = json!({
            "sessionKey": session.key, "agentId": row.agent_id, "messageId": message.id.to_string(),
            "messageSeq": message.id, "message": rows::history_message(message, None), "session": row,
        });
        self.0.hub.publish_to(&topic, Event::SessionMessage, &payload);
    }

    fn publish_chat(&self, org: &str, event: &ChatEvent) {
        let same = |member: &crate::hub::Member| &*member.principal.org == org;
        self.0.hub.publish_if(Event::Chat, event, None, same);
        self.0.hub.publish_beside(&Topic::Follow(event.session_key.clone()), Event::Chat, event, same);
    }

    fn publish_step(&self, org: &str, event: &AgentStep, tools_only: bool) {
        let wanted = |member: &crate::hub::Member| {
            &*member.principal.org == org && (!tools_only || member.tool_events)
        };
        self.0.hub.publish_if(Event::Agent, event, None, wanted);
        self.0.hub.publish_beside(&Topic::Follow(event.session_key.clone()), Event::Agent, event, wanted);
    }

    fn live_map(&self) -> MutexGuard<'_, LiveRuns> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audience for Chat {
    fn said(&self, card: &Card, session: &Session, message: &Message) {
        self.message_added(&card.org, session, message, None);
        self.session_changed(&card.org, session, "send", &Value::Null);
    }

    fn changed(&self, card: &Card, change: &TaskChange<'_>) {
        let org = &card.org;
        let summary = card.summary(change);
        self.0.hub.publish_if(Event::Task, &summary, None, |member| member.principal.org == *org);
    }

    fn begins(&self, run: RunFacts) -> Box<dyn Spectator> {
        let live = Arc::new(Mutex::new(Live::new(&run)));
        if !run.card.request.command {
            self.live_map().insert((Arc::clone(&run.card.org), run.card.key.to_string()), Arc::clone(&live));
        }
        Box::new(Watcher::begin(self.clone(), run, live))
    }

    fn ended(&self, card: &Card, session: Option<&Session>, end: &End, messages: &[Message]) {
        let event = |state| ChatEvent {
            run_id: card.run_id.clone(),
            session_key: card.key.to_string(),
            agent_id: card.agent.clone(),
            seq: 1,
            state,
        };
        let state = match end.state {
            TaskState::Cancelled => {
                ChatState::Aborted { message: None, stop_reason: end.stop_reason.clone() }
            }
            // Another run gives the answer.
            _ => ChatState::Final { message: None, stop_reason: end.stop_reason.clone() },
        };
        self.publish_chat(&card.org, &event(state));
        if let Some(session) = session {
            for message in messages {
                self.message_added(&card.org, session, message, Some(&card.run_id));
            }
            self.session_changed(
                &card.org,
                session,
                "agent.input.settled",
                &json!({ "runId": card.run_id, "phase": "end" }),
            );
        }
    }
}
