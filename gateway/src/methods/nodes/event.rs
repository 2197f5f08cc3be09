//! `node.event`: what a node tells of itself and asks of agents (protocol 8.5).
//!
//! A node has no scopes. It may speak to agents only once somebody has approved what it offers, and only in the main
//! conversation, its own, and those on whose behalf it was asked something.

use schemas::error::WireError;
use schemas::methods::chat::Attachment;
use schemas::methods::nodes::{ApprovalState, HostStats, NodeEventOutput, NodeEventParams};
use schemas::session::SessionKey;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fence::fence;
use crate::hub::Topic;
use crate::methods::chat::{inject_line as inject, submission};
use crate::methods::{Call, session_key};
use crate::store::{AuditEntry, append_audit};
use crate::tasks::Kind;

/// What became of an event: whether something was done, and what or why not.
type Fate = (bool, Option<&'static str>);

/// Takes an event. Unknown ones are answered as not handled, so that newer nodes go on.
pub async fn event(call: Call, params: NodeEventParams) -> Result<NodeEventOutput, WireError> {
    let name = params.event.clone();
    let Some(payload) = payload(params) else { return Ok(output(name, INVALID)) };
    let fate = match name.as_str() {
        "node.host.stats" => host_stats(&call, payload),
        "node.presence.alive" => alive(&call, &payload),
        "node.presence.activity" => activity(&call, &payload),
        "chat.subscribe" => follow(&call, &payload, true),
        "chat.unsubscribe" => follow(&call, &payload, false),
        "agent.request" => request(&call, &payload).await?,
        "voice.transcript" => transcript(&call, &payload).await?,
        "exec.started" | "exec.finished" | "exec.denied" => ran(&call, &name, &payload).await?,
        _ => (false, Some("unsupported_event")),
    };
    Ok(output(name, fate))
}

fn output(event: String, (handled, reason): Fate) -> NodeEventOutput {
    NodeEventOutput { ok: true, event, handled, reason: reason.map(str::to_owned) }
}

/// Returns the particulars, however they were sent.
fn payload(params: NodeEventParams) -> Option<Map<String, Value>> {
    let value = match params.payload_json {
        Some(text) => serde_json::from_str(&text).ok()?,
        None => params.payload.unwrap_or_else(|| json!({})),
    };
    if let Value::Object(map) = value { Some(map) } else { None }
}

fn host_stats(call: &Call, payload: Map<String, Value>) -> Fate {
    let stats: Option<HostStats> = serde_json::from_value(Value::Object(payload)).ok();
    let Some(stats) = stats.filter(plausible) else { return INVALID };
    match call.services.fleet.host_stats(&call.member, stats) {
        Some(()) => (true, Some("updated")),
        None => STALE,
    }
}

fn plausible(stats: &HostStats) -> bool {
    let disk = match (stats.disk_total_bytes, stats.disk_available_bytes) {
        (Some(total), Some(free)) => free <= total,
        (None, None) => true,
        _ => false,
    };
    let load = stats.load_average.is_none_or(|load| load.iter().all(|load| (0.0..=1e5).contains(load)));
    (1..=4096).contains(&stats.cpu_count)
        && stats.memory_free_bytes <= stats.memory_total_bytes
        && disk
        && load
}

fn alive(call: &Call, payload: &Map<String, Value>) -> Fate {
    let trigger = text(payload, "trigger").unwrap_or("manual");
    let known = ["background", "silent_push", "bg_app_refresh", "significant_location", "manual", "connect"];
    let reason = known.iter().find(|known| **known == trigger).copied().unwrap_or("unknown");
    match call.services.fleet.alive(&call.member, reason) {
        Some(true) => (true, Some("persisted")),
        Some(false) => (true, Some("throttled")),
        None => STALE,
    }
}

/// Notes how long the person at the node did nothing, as the node's app or its system knows it.
fn activity(call: &Call, payload: &Map<String, Value>) -> Fate {
    let fleet = &call.services.fleet;
    let clears = text(payload, "action") == Some("clear");
    let idle =
        payload.get("idleSeconds").and_then(Value::as_i64).filter(|idle| (0..=MAX_IDLE).contains(idle));
    if clears != idle.is_none() {
        return INVALID;
    }
    // The system knows of everything that is done at the machine: for that the node must have been approved.
    let own = text(payload, "source") == Some("app");
    let approved = |state| matches!(state, ApprovalState::Approved | ApprovalState::PendingReapproval);
    match fleet.standing(&call.member) {
        Some((state, _)) if !clears && !own && !approved(state) => {
            return (false, Some("permission_required"));
        }
        _ => {}
    }
    match fleet.activity(&call.member, idle.map(|seconds| seconds * 1_000)) {
        Some(true) if clears => (true, Some("cleared")),
        Some(false) if clears => (true, Some("already_clear")),
        Some(_) => (true, Some("updated")),
        None => STALE,
    }
}

/// Begins or ends the node's view of a conversation.
fn follow(call: &Call, payload: &Map<String, Value>, begin: bool) -> Fate {
    let key = text(payload, "sessionKey").and_then(|key| session_key(key, None, "sessionKey").ok());
    let Some(key) = key else { return INVALID };
    if !begin {
        call.services.hub.unsubscribe(&call.member, &Topic::Follow(key.to_string()));
        return (true, None);
    }
    if let Some(why) = shut_out(call, &key) {
        return why;
    }
    call.services.hub.subscribe(&call.member, Topic::Follow(key.to_string()));
    (true, None)
}

/// Starts a run with what a node's person wrote or pressed.
async fn request(call: &Call, payload: &Map<String, Value>) -> Result<Fate, WireError> {
    let own = format!("node-{}", call.who().device.as_deref().unwrap_or_default());
    let key = session_key(text(payload, "sessionKey").unwrap_or(&own), None, "sessionKey");
    let files =
        payload.get("attachments").filter(|files| !files.is_null()).cloned().unwrap_or_else(|| json!([]));
    let files: Result<Vec<Attachment>, _> = serde_json::from_value(files);
    let (Ok(key), Ok(files)) = (key, files) else { return Ok(INVALID) };
    let words = text(payload, "message").unwrap_or_default();
    let run = text(payload, "key").map(str::to_owned);
    let mut seconds = payload.get("timeoutSeconds").and_then(Value::as_u64);
    seconds = seconds.filter(|seconds| (1..=86_400).contains(seconds));
    say(call, key, ("agent.request", words, run), (&files, seconds.map(|seconds| seconds * 1000))).await
}

/// Starts a run with what somebody said to a node.
async fn transcript(call: &Call, payload: &Map<String, Value>) -> Result<Fate, WireError> {
    let main = main_key(call);
    let key = session_key(text(payload, "sessionKey").unwrap_or(main.as_str()), None, "sessionKey");
    let Ok(key) = key else { return Ok(INVALID) };
    let words = text(payload, "text").unwrap_or_default();
    let run = text(payload, "eventId").map(|id| format!("voice-{id}"));
    say(call, key, ("voice.transcript", words, run), (&[], None)).await
}

async fn say(
    call: &Call,
    key: SessionKey,
    (event, words, run): (&str, &str, Option<String>),
    (files, timeout_ms): (&[Attachment], Option<u64>),
) -> Result<Fate, WireError> {
    if (words.is_empty() && files.is_empty()) || words.chars().count() > MAX_WORDS {
        return Ok(INVALID);
    }
    if let Some(why) = shut_out(call, &key) {
        return Ok(why);
    }
    let name = call.services.fleet.name_of(&call.member);
    let context = json!({ "node": call.who().device.as_deref(), "name": name, "event": event });
    let run = run.filter(|run| run.len() <= 256).unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut submission = submission(call, key, fence(words, &context), run, Kind::Wake, files)?;
    // A node gives no commands to the gateway itself.
    submission.request.command = false;
    submission.request.timeout_ms = timeout_ms;
    call.services.engine.submit(submission).await?;
    Ok((true, Some("accepted")))
}

/// Says why a node may not speak or listen in a conversation.
fn shut_out(call: &Call, key: &SessionKey) -> Option<Fate> {
    let fleet = &call.services.fleet;
    let Some((state, _)) = fleet.standing(&call.member) else { return Some(STALE) };
    if !matches!(state, ApprovalState::Approved | ApprovalState::PendingReapproval) {
        return Some((false, Some("approval_required")));
    }
    let own = format!("node-{}", call.who().device.as_deref().unwrap_or_default());
    let is_own = key.as_str().splitn(3, ':').nth(2) == Some(&own);
    let allowed = *key == main_key(call) || is_own || fleet.may_follow(&call.member, key.as_str());
    (!allowed).then_some((false, Some("session_not_allowed")))
}

fn main_key(call: &Call) -> SessionKey {
    SessionKey::main(&call.services.engine.roster().default)
}

/// Writes down what a node tells of a program that it was asked to run.
async fn ran(call: &Call, event: &str, payload: &Map<String, Value>) -> Result<Fate, WireError> {
    let run = text(payload, "runId").unwrap_or_default();
    let Some(session) = call.services.fleet.ran(&call.member, run) else {
        return Ok((false, Some("unmatched_exec_event")));
    };
    let code = payload.get("exitCode").and_then(Value::as_i64);
    let timed_out = payload.get("timedOut") == Some(&Value::Bool(true));
    let who = call.who();
    let entry = AuditEntry {
        at: call.services.clock.now(),
        org: who.org.to_string(),
        actor: who.actor.to_string(),
        action: format!("node.{event}"),
        target: run.to_owned(),
        outcome: if event == "exec.denied" { "denied" } else { "ok" }.into(),
        detail: code.map(|code| format!("exit code {code}")).unwrap_or_default()
            + if timed_out { " timed out" } else { "" },
    };
    call.services.store.write(move |db| append_audit(db, &entry)).await?;
    // In the conversation that asked for it, whatever the node says of that.
    if let Some(key) = session.and_then(|key| session_key(&key, None, "sessionKey").ok()) {
        let name = call.services.fleet.name_of(&call.member);
        inject(call, key, ran_line(event, payload, name.as_deref())).await?;
    }
    Ok((true, Some("persisted")))
}

/// Returns the line that says in a conversation what became of a program. What the node says stands in the fence.
fn ran_line(event: &str, payload: &Map<String, Value>, name: Option<&str>) -> String {
    let short =
        |field: &str| text(payload, field).map(|text| text.chars().take(MAX_SHOWN).collect::<String>());
    let said = match event {
        "exec.started" => "A program was started on a node.",
        "exec.denied" => "A node refused to run a program.",
        _ => "A program on a node has ended.",
    };
    let mut context = json!({ "node": name, "event": event });
    for field in ["command", "output", "reason"] {
        if let Some(text) = short(field) {
            context[field] = text.into();
        }
    }
    for field in ["exitCode", "timedOut"] {
        if let Some(value) = payload.get(field).filter(|value| value.is_i64() || value.is_boolean()) {
            context[field] = value.clone();
        }
    }
    fence(said, &context)
}

/// Returns a text that is there and not blank.
fn text<'a>(payload: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    payload.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A month in seconds: longer is no sign of anything.
const MAX_IDLE: i64 = 2_592_000;
const INVALID: Fate = (false, Some("invalid_payload"));
const STALE: Fate = (false, Some("stale_connection"));
/// Characters of what a node tells of a program that are shown.
const MAX_SHOWN: usize = 2_000;
/// Characters that a node may say at once (protocol 8.5).
const MAX_WORDS: usize = 20_000;
