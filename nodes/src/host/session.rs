//! One connection of the node: hears invocations, has them carried out, answers them, and shows that it lives.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use schemas::Clock;
use schemas::bounds::MAX_MESSAGE;
use schemas::frame::EventFrame;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Call, Code, Refusal};
use super::device;
use super::family::Offers;
use super::machine::Machine;
use super::progress::Progress;
use super::repeats::{Claim, Repeats, Sent, joined};
use super::work;
use crate::client::{CallError, Client, Connection};
use crate::work::Worker;

/// What a session works with; the same for every connection.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) node_id: Arc<str>,
    pub(super) offers: Arc<Offers>,
    pub(super) repeats: Repeats,
    pub(super) machine: Machine,
    pub(super) clock: Clock,
    /// Set when it offers work; it outlives connections.
    pub(super) worker: Option<Arc<Worker>>,
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The node was asked to stop.
    Stopped,
    /// The connection was lost, for this reason.
    Lost(String),
}

/// An invocation as the gateway sends it (protocol 8.3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    id: String,
    #[serde(default)]
    node_id: Option<String>,
    command: String,
    #[serde(default, rename = "paramsJSON")]
    params_json: Option<String>,
    #[serde(default)]
    params: Option<Value>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancel {
    invoke_id: String,
}

/// A connection at work. All that it starts is in `tasks`, and ends with it.
struct Session {
    desk: Desk,
    client: Client,
    working: HashMap<String, CancellationToken>,
    tasks: JoinSet<Option<String>>,
    /// What it tells of itself; each says whether the gateway has heard the schemas.
    told: JoinSet<bool>,
    schemas_taken: bool,
}

/// Serves a connection until it is lost or `stop` fires. Whatever still works then is ended: the gateway has told its
/// callers that it failed.
pub(super) async fn serve(desk: &Desk, connection: Connection, stop: &CancellationToken) -> Ended {
    let Connection { client, mut events, hello } = connection;
    let silence = Duration::from_millis(hello.policy.tick_interval_ms.clamp(1000, 600_000)) * 2;
    let mut session = Session {
        desk: desk.clone(),
        client,
        working: HashMap::new(),
        tasks: JoinSet::new(),
        told: JoinSet::new(),
        schemas_taken: false,
    };
    let mut beat = interval_at(Instant::now(), BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut leaving = leave(desk.worker.clone(), stop.clone()).boxed();
    let mut working = work::report(desk.worker.clone(), session.client.clone()).boxed();
    let ended = loop {
        tokio::select! {
            biased;
            () = &mut leaving => break Ended::Stopped,
            event = tokio::time::timeout(silence, events.next()) => match event {
                Ok(Some(event)) => session.hear(event),
                Ok(None) => break Ended::Lost(events.closed().to_string()),
                Err(_) => break Ended::Lost(format!("nothing was heard for {} s", silence.as_secs())),
            },
            Some(done) = session.tasks.join_next() => session.settle(done),
            Some(taken) = session.told.join_next() => session.schemas_taken |= taken.unwrap_or(false),
            () = &mut working => {}
            _ = beat.tick() => session.beat(),
        }
    };
    // From here on the worker knows that nobody hears it.
    drop(working);
    session.end().await;
    ended
}

/// Waits until the node is to stop, and then until its runs have ended and the gateway knows.
async fn leave(worker: Option<Arc<Worker>>, stop: CancellationToken) {
    stop.cancelled().await;
    if let Some(worker) = worker {
        worker.leave(PATIENCE).await;
    }
}

impl Session {
    fn hear(&mut self, event: EventFrame) {
        let payload = event.payload.unwrap_or_default();
        match event.event.as_str() {
            "node.invoke.request" => self.invoke(payload),
            "worker.orders" => {
                if let Some(worker) = &self.desk.worker {
                    work::orders(worker, payload);
                }
            }
            "node.invoke.cancel" => {
                if let Ok(Cancel { invoke_id }) = serde_json::from_value(payload)
                    && let Some(stop) = self.working.get(&invoke_id)
                {
                    stop.cancel();
                }
            }
            _ => {}
        }
    }

    fn invoke(&mut self, payload: Value) {
        let id = payload.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
        let request: Request = match serde_json::from_value(payload) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(%error, "The gateway sent an invocation that cannot be read");
                if let Some(id) = id {
                    self.refuse(id, Refusal::invalid(format!("invalid invocation: {error}")));
                }
                return;
            }
        };
        let id = request.id.clone();
        if request.node_id.as_deref().is_some_and(|node| node != &*self.desk.node_id) {
            return self.refuse(id, Refusal::invalid("nodeId: that is another node"));
        }
        if self.working.contains_key(&id) {
            return;
        }
        if self.working.len() >= MAX_AT_ONCE {
            let busy = format!("this node works on {MAX_AT_ONCE} invocations already");
            return self.refuse(id, Refusal::new(Code::NodeNotReady, busy));
        }
        let stop = CancellationToken::new();
        self.working.insert(id.clone(), stop.clone());
        let (desk, client) = (self.desk.clone(), self.client.clone());
        self.tasks.spawn(async move {
            let answer = answer(&desk, &client, request, stop).await;
            report(&client, &desk.node_id, &id, &answer).await;
            Some(id)
        });
    }

    fn refuse(&mut self, id: String, refusal: Refusal) {
        let (client, node_id) = (self.client.clone(), self.desk.node_id.clone());
        self.tasks.spawn(async move {
            report(&client, &node_id, &id, &Err(refusal)).await;
            None
        });
    }

    fn settle(&mut self, done: Result<Option<String>, tokio::task::JoinError>) {
        match done {
            Ok(Some(id)) => drop(self.working.remove(&id)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "An invocation was torn off"),
        }
    }

    /// Tells how the machine is, and what parameters its commands take until the gateway has heard it.
    fn beat(&mut self) {
        if let Some(stats) = device::stats(&self.desk.machine) {
            let params = json!({"event": "node.host.stats", "payloadJSON": stats.to_string()});
            let client = self.client.clone();
            self.told.spawn(async move {
                if let Err(error) = client.call_raw("node.event", params).await {
                    tracing::debug!(%error, "The gateway takes no statistics");
                }
                false
            });
        }
        if self.schemas_taken {
            return;
        }
        let (client, params) = (self.client.clone(), json!({"commands": self.desk.offers.schemas()}));
        self.told.spawn(async move {
            match client.call_raw("node.schemas.update", params).await {
                Ok(_) => true,
                // A gateway that does not know the method will not learn it during this connection.
                Err(CallError::Refused(error)) if error.message.contains("unknown method") => true,
                Err(error) => {
                    tracing::debug!(%error, "The gateway does not take the schemas yet");
                    false
                }
            }
        });
    }

    /// Ends what still works: politely first, then for good.
    async fn end(mut self) {
        self.told.abort_all();
        for stop in self.working.values() {
            stop.cancel();
        }
        let polite = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, polite).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

/// Has an invocation carried out, once for all its repeats.
async fn answer(desk: &Desk, client: &Client, request: Request, stop: CancellationToken) -> Sent {
    let text = request.params_json.filter(|text| !text.is_empty());
    let params = match (&text, request.params) {
        (Some(text), _) => serde_json::from_str(text)
            .map_err(|error| Refusal::invalid(format!("paramsJSON: that is no JSON: {error}")))?,
        (None, params) => params.unwrap_or(Value::Null),
    };
    let params = if params.is_null() { json!({}) } else { params };
    match desk.repeats.claim(request.idempotency_key.as_deref(), &request.command, &params.to_string()) {
        Claim::Conflict => Err(Refusal::invalid("idempotencyKey: it was used for another invocation")),
        Claim::Repeat(first) => tokio::select! {
            answer = joined(first) => answer,
            () = stop.cancelled() => Err(Refusal::new(Code::Cancelled, "it is not wanted any more")),
        },
        Claim::First(ticket) => {
            let limit = Duration::from_millis(request.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS)).min(LONGEST);
            let progress = Progress::new(client.clone(), &request.id, &desk.node_id);
            let call = Call { params, limit, stop, progress, now: desk.clock.now() };
            let started = Instant::now();
            let answer = sendable(carry_out(&desk.offers, &request.command, call).await);
            let outcome = answer.as_ref().map_or_else(|refusal| refusal.code.name(), |_| "ok");
            tracing::info!(
                command = request.command,
                id = request.id,
                outcome,
                ms = started.elapsed().as_millis(),
                "Invoked"
            );
            ticket.tell(&answer);
            answer
        }
    }
}

/// Runs a command within its time. A panic costs one answer.
async fn carry_out(offers: &Offers, command: &str, call: Call) -> Answer {
    let (limit, stop) = (call.limit, call.stop.clone());
    let work = AssertUnwindSafe(offers.answer(command, call)).catch_unwind();
    tokio::pin!(work);
    let crashed =
        |_| Err(Refusal::unavailable(format!("{command} failed inside the node; its log says more")));
    tokio::select! {
        biased;
        answer = &mut work => answer.unwrap_or_else(crashed),
        () = stop.cancelled() => {
            let late = tokio::time::timeout(PATIENCE, work).await;
            late.map_or_else(
                |_| Err(Refusal::new(Code::Cancelled, "it is not wanted any more")),
                |answer| answer.unwrap_or_else(crashed),
            )
        }
        () = tokio::time::sleep(limit) => {
            stop.cancel();
            let _ = tokio::time::timeout(PATIENCE, work).await;
            Err(Refusal::new(Code::Timeout, format!("{command} took longer than {} ms", limit.as_millis())))
        }
    }
}

/// Writes the payload down, if it fits into a message.
fn sendable(answer: Answer) -> Sent {
    let text: Arc<str> = answer?.to_string().into();
    // As a string in JSON each quote and backslash becomes two bytes.
    let escaped = text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    if escaped + ENVELOPE > MAX_MESSAGE {
        let message = format!("the answer has {} bytes, more than a message can hold", text.len());
        return Err(Refusal::new(Code::PayloadTooLarge, message));
    }
    Ok(text)
}

async fn report(client: &Client, node_id: &str, id: &str, answer: &Sent) {
    let params = match answer {
        Ok(payload) => json!({"id": id, "nodeId": node_id, "ok": true, "payloadJSON": &**payload}),
        Err(refusal) => json!({"id": id, "nodeId": node_id, "ok": false,
            "error": {"code": refusal.code.name(), "message": refusal.message}}),
    };
    if let Err(error) = client.call_raw("node.invoke.result", params).await {
        tracing::warn!(%error, id, "An answer did not reach the gateway");
    }
}

/// Invocations that are worked on at the same time.
const MAX_AT_ONCE: usize = 32;
/// How often the machine's statistics are sent (protocol 8.5).
const BEAT: Duration = Duration::from_mins(1);
/// How long a gateway waits unless it says otherwise (protocol 8.3).
const DEFAULT_TIMEOUT_MS: u64 = 30_000;
const LONGEST: Duration = Duration::from_hours(24);
/// How long a command may take to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(6);
/// Bytes of a message around the payload.
const ENVELOPE: usize = 4096;

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
