//! The handshake: challenge, `connect`, admission (protocol 2.2 and 3).

use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use schemas::bounds::{HANDSHAKE_TIMEOUT, MAX_HANDSHAKE_FRAMES};
use schemas::connect::{Challenge, ConnectParams};
use schemas::error::WireError;
use schemas::event::Event;
use schemas::frame::{Malformed, Request, event_prefix, finish_event, write_error};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Lobby;
use super::connected::end_of;
use super::socket::Socket;
use crate::hub::End;
use crate::security::{Admission, Attempt, Peer};

/// A client that was let in.
pub(super) struct Greeted {
    /// The id of the `connect` request.
    pub(super) id: String,
    pub(super) admission: Admission,
    pub(super) params: ConnectParams,
    /// Frames that came while the handshake was being decided.
    pub(super) early: Vec<Vec<u8>>,
}

/// Runs the handshake within its deadline. A refusal has been sent when this returns the way to close.
pub(super) async fn greet(
    lobby: &Lobby,
    socket: &mut Socket,
    peer: &Peer,
    id: &Arc<str>,
) -> Result<Greeted, End> {
    // A deadline for the whole, so that trickling bytes cannot hold a place (protocol 2.1: close 1000).
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, converse(lobby, socket, peer, id)).await {
        Ok(result) => result,
        Err(_) => Err(End::new(1000, "")),
    }
}

async fn converse(lobby: &Lobby, socket: &mut Socket, peer: &Peer, id: &Arc<str>) -> Result<Greeted, End> {
    let nonce = Uuid::new_v4().to_string();
    let challenge = Challenge { nonce: nonce.clone(), ts: lobby.services.clock.now() };
    let mut frame = Vec::new();
    finish_event(&mut frame, &event_prefix(Event::ConnectChallenge.name(), &challenge, None), None);
    socket.send(&frame).await.map_err(end_of)?;

    let message = socket.next().await.map_err(end_of)?;
    let request = match Request::parse(&message) {
        Ok(request) => request,
        Err(Malformed::NotJson) => return Err(End::new(1000, "")),
        Err(Malformed::NotARequest) => return Err(End::new(1008, "invalid request frame")),
    };
    if request.method != "connect" {
        let text = "invalid handshake: first request must be connect";
        return refuse(socket, &request.id, &WireError::invalid(text), 1008, text).await;
    }
    let params = match read_params(request.params) {
        Ok(params) => params,
        Err(text) => return refuse(socket, &request.id, &WireError::invalid(&text), 1008, &text).await,
    };
    let attempt = Attempt { peer, nonce: &nonce, params: &params };
    let mut early = Vec::new();
    let decided = tokio::select! {
        biased;
        decided = lobby.services.security.admit(attempt) => decided,
        end = hold_early(socket, &mut early) => return Err(end),
    };
    match decided {
        Ok(admission) => {
            tracing::debug!(conn = %id, actor = %admission.principal.actor, role = %admission.principal.role, method = admission.method,
                client = %params.client.id, "Connected");
            let id = request.id.into_owned();
            Ok(Greeted { id, admission, params, early })
        }
        Err(refusal) => {
            tracing::debug!(conn = %id, client = %params.client.id, error = %refusal.error, "Refused");
            refuse(socket, &request.id, &refusal.error, refusal.close_code, &refusal.close_reason).await
        }
    }
}

/// Holds frames that come while the handshake is being decided; too many end it.
async fn hold_early(socket: &mut Socket, early: &mut Vec<Vec<u8>>) -> End {
    loop {
        match socket.next().await {
            Ok(message) => early.push(message),
            Err(fault) => return end_of(fault),
        }
        if early.len() > MAX_HANDSHAKE_FRAMES {
            return End::new(1008, "too many pending handshake frames");
        }
    }
}

async fn refuse<T>(
    socket: &mut Socket,
    id: &str,
    error: &WireError,
    code: u16,
    reason: &str,
) -> Result<T, End> {
    let mut frame = Vec::new();
    write_error(&mut frame, id, error, None);
    socket.send(&frame).await.map_err(end_of)?;
    Err(End::new(code, reason))
}

/// Checks the params against their schema and reads them; the error text names each wrong field and never
/// its value.
fn read_params(params: Option<&RawValue>) -> Result<ConnectParams, String> {
    let text = params.map_or("{}", RawValue::get);
    let bad = |problem: &str| format!("invalid connect params: {problem}");
    let value: Value = serde_json::from_str(text).map_err(|_| bad("not JSON"))?;
    // Finding out what is wrong costs more than finding out whether something is.
    if !CONNECT.is_valid(&value)
        && let Some(error) = CONNECT.iter_errors(&value).next()
    {
        let at = error.instance_path().to_string();
        let at = if at.is_empty() { "/" } else { &at };
        return Err(bad(&format!("at {at}: {}", error.masked_with("the value"))));
    }
    serde_json::from_value(value).map_err(|_| bad("not as the schema wants it"))
}

#[expect(clippy::expect_used, reason = "our own schema compiles; every handshake in the tests proves it")]
static CONNECT: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::validator_for(&schemas::export::connect_schema()).expect("a generated schema is valid")
});
