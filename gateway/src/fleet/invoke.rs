//! Asking a node to do something (protocol 8.3).

use std::time::Duration;

use bytes::Bytes;
use schemas::Scope;
use schemas::bounds::{
    MAX_NODE_INVOKE_TIMEOUT, MAX_NODE_INVOKES, MAX_NODE_INVOKES_TOTAL, MAX_NODE_NOT_READY,
    NODE_INVOKE_TIMEOUT,
};
use schemas::error::{DetailCode, WireError};
use schemas::event::Event;
use schemas::frame::event_prefix;
use schemas::methods::nodes::{NodeError, NodeInvokeCancel, NodeInvokeRequest};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::commands::{Withheld, is_foreground, needs_admin};
use super::platform::Platform;
use super::refusal;
use super::state::{Reply, State, Waiting, Watch};
use super::surface::usable;
use super::{Answered, Fleet, Invocation};
use crate::hub::Member;
use crate::security::Principal;

impl Fleet {
    /// Has a node do something; returns its answer.
    pub async fn invoke(&self, who: &Principal, call: Invocation) -> Result<Answered, WireError> {
        self.invoke_watched(who, call, None).await
    }

    /// The same; `watch` sees the node's output meanwhile.
    pub async fn invoke_watched(
        &self,
        who: &Principal,
        mut call: Invocation,
        watch: Option<Watch>,
    ) -> Result<Answered, WireError> {
        if call.command.starts_with("system.execApprovals.") {
            return Err(refusal::exec_approvals(&call.command));
        }
        // A program may be run for others too, once somebody has allowed it: see `allowed`.
        if needs_admin(&call.command) && call.command != "system.run" && !who.has(Scope::Admin) {
            return Err(WireError::missing_scope(Scope::Admin));
        }
        if call.command.starts_with("browser.proxy") && changes_profiles(&call.params) {
            return Err(refusal::browser_profiles(&call.command));
        }
        if who.session.is_some() {
            call.session_key = who.session.as_deref().map(str::to_owned);
        }
        self.repeats.once(who, &call, self.allowed(who, call.clone(), watch)).await
    }

    /// Asks the node, once everybody who has to be asked before has said yes.
    async fn allowed(
        &self,
        who: &Principal,
        mut call: Invocation,
        watch: Option<Watch>,
    ) -> Result<Answered, WireError> {
        if call.command == "system.run" {
            self.prove(who, &mut call).await?;
            let proven = call.params["approved"] == true;
            if !proven && !who.has(Scope::Admin) {
                return self.run_by_leave(who, call, watch).await;
            }
        }
        self.ask_first(who, &call).await?;
        self.run(who, &call, watch).await
    }

    /// Asks the node, again if it is not ready yet.
    pub(super) async fn run(
        &self,
        who: &Principal,
        call: &Invocation,
        watch: Option<Watch>,
    ) -> Result<Answered, WireError> {
        let deadline =
            Instant::now() + call.timeout.unwrap_or(NODE_INVOKE_TIMEOUT).min(MAX_NODE_INVOKE_TIMEOUT);
        let mut asked = 0;
        loop {
            asked += 1;
            match self.ask(who, call, watch.clone(), deadline).await? {
                Reply::Done(text) => return answered(text),
                Reply::Gone(why) => return Err(refusal::gone(&why)),
                Reply::Failed(error) => {
                    let not_ready = error.code.as_deref() == Some("NODE_NOT_READY");
                    if !not_ready || asked > MAX_NODE_NOT_READY {
                        return Err(self.refused(who, call, &error).await);
                    }
                    let wait = READY_WAIT * asked;
                    if Instant::now() + wait >= deadline {
                        return Err(refusal::failed(&error, true));
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Returns the error for a node that said no. What a phone does in the foreground only is left for it.
    async fn refused(&self, who: &Principal, call: &Invocation, error: &NodeError) -> WireError {
        let failed = refusal::failed(error, true);
        let waits = error.code.as_deref() == Some("NODE_BACKGROUND_UNAVAILABLE")
            && is_foreground(&call.command)
            && who.session.is_none()
            && self.is_phone(&call.node_id);
        if !waits {
            return failed;
        }
        self.postpone(who, call).await.map_or(failed, |id| refusal::postponed(call, &id, error))
    }

    fn is_phone(&self, node: &str) -> bool {
        let state = self.state();
        state.nodes.get(node).is_some_and(|known| {
            let about = &known.record.about;
            Platform::of(about.platform.as_deref(), about.device_family.as_deref()) == Platform::Ios
        })
    }

    /// Asks once.
    async fn ask(
        &self,
        who: &Principal,
        call: &Invocation,
        watch: Option<Watch>,
        deadline: Instant,
    ) -> Result<Reply, WireError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(refusal::timed_out(false));
        }
        let mut asked = self.dispatch(who, call, watch, left)?;
        let Ok(reply) = tokio::time::timeout_at(deadline, &mut asked.answer).await else {
            return Err(refusal::timed_out(true));
        };
        Ok(reply.unwrap_or_else(|_| Reply::Gone("connection closed".into())))
    }

    /// Checks everything at the moment of sending, and sends.
    fn dispatch(
        &self,
        who: &Principal,
        call: &Invocation,
        watch: Option<Watch>,
        left: Duration,
    ) -> Result<Asked<'_>, WireError> {
        let mut state = self.state();
        let (seat, member) = self.find(&state, who, call)?;
        if state.waiting.len() >= MAX_NODE_INVOKES_TOTAL {
            return Err(refusal::busy("nodes"));
        }
        if state.asked(seat) >= MAX_NODE_INVOKES {
            return Err(refusal::busy("this node"));
        }
        let id = Uuid::new_v4().to_string();
        let (answer, answered) = oneshot::channel();
        state.waiting.insert(
            id.clone(),
            Waiting { node_id: call.node_id.clone(), seat, answer, watch, next_piece: 0, shown: 0 },
        );
        if let Some(known) = state.nodes.get_mut(&call.node_id) {
            let run = (call.command == "system.run").then(|| call.params["runId"].as_str()).flatten();
            known.remember(call.session_key.as_deref(), run);
        }
        let request = NodeInvokeRequest {
            id: id.clone(),
            node_id: call.node_id.clone(),
            command: call.command.clone(),
            params_json: (!call.params.is_null()).then(|| call.params.to_string()),
            timeout_ms: u64::try_from(left.as_millis()).ok(),
            idempotency_key: call.idempotency_key.clone(),
        };
        let event = event_prefix(Event::NodeInvokeRequest.name(), &request, None);
        if !member.outbox.offer_targeted(Bytes::from(event)) {
            state.waiting.remove(&id);
            return Err(refusal::busy("this node"));
        }
        drop(state);
        Ok(Asked { fleet: self, node: call.node_id.clone(), id, member, answer: answered })
    }

    /// Returns the seat of the node, if it may be asked this.
    pub(super) fn find(
        &self,
        state: &State,
        who: &Principal,
        call: &Invocation,
    ) -> Result<(u64, std::sync::Arc<Member>), WireError> {
        let known = state.nodes.get(&call.node_id).filter(|known| known.record.org == *who.org);
        let known = known.ok_or_else(refusal::pairing_changed)?;
        let here = known.here.as_ref().ok_or_else(refusal::not_connected)?;
        let usable = usable(&known.record);
        let allowed = self.check(&known.record, &usable, &call.command);
        allowed.map_err(|why: Withheld| refusal::withheld(&known.record, &call.command, why))?;
        if let Some(typed) = here.schemas.get(&call.command) {
            typed.check(&call.command, &call.params)?;
        }
        Ok((here.seat, std::sync::Arc::clone(&here.member)))
    }
}

/// Says whether a call through a node's browser would change the browser's profiles, which outlive it (protocol 5.1).
fn changes_profiles(params: &Value) -> bool {
    let method = params["method"].as_str().unwrap_or_default().trim().to_ascii_uppercase();
    let path = params["path"].as_str().unwrap_or_default().trim();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    matches!(
        (method.as_str(), parts.as_slice()),
        ("POST", ["profiles", "create"] | ["reset-profile"]) | ("DELETE", ["profiles", _])
    )
}

/// A request on its way; dropped without an answer, the node is told that nobody waits.
struct Asked<'a> {
    fleet: &'a Fleet,
    node: String,
    id: String,
    member: std::sync::Arc<Member>,
    answer: oneshot::Receiver<Reply>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let waited = self.fleet.state().waiting.remove(&self.id).is_some();
        if waited {
            let cancel = NodeInvokeCancel { invoke_id: self.id.clone(), node_id: self.node.clone() };
            push(&self.member, Event::NodeInvokeCancel, &cancel);
        }
    }
}

/// Sends an event to one connection.
pub(super) fn push<T: Serialize>(member: &Member, event: Event, payload: &T) {
    member.outbox.push_targeted(Bytes::from(event_prefix(event.name(), payload, None)));
}

fn answered(text: String) -> Result<Answered, WireError> {
    let payload: Value = serde_json::from_str(&text).map_err(|_| {
        WireError::unavailable("the node's answer is not JSON").detail(DetailCode::NodeAnswerInvalid)
    })?;
    Ok(Answered { payload, payload_json: text })
}

/// Time between two attempts with a node that is not ready; it grows with each.
const READY_WAIT: Duration = Duration::from_millis(250);
