//! Whoever sends an HTTP request: found by its bearer, heard by the same table as every other request.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use schemas::bounds::HTTP_BODY_TIMEOUT;
use schemas::error::{ErrorCode, WireError};
use schemas::frame::ResponseFrame;
use schemas::methods::Method;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::connection::Lobby;
use crate::hub::Member;
use crate::methods::{Answer, Caller};
use crate::security::{BearerRefusal, Peer};

/// One request's sender.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) lobby: Arc<Lobby>,
    pub(super) member: Arc<Member>,
}

impl Visitor {
    /// Finds out who sends a request. Nothing that a browser sends by itself counts.
    pub(super) fn admit(lobby: &Arc<Lobby>, peer: &Peer, headers: &HeaderMap) -> Result<Self, BearerRefusal> {
        let principal = lobby.services.security.by_bearer(peer, bearer(headers))?;
        let id = format!("http-{}", uuid::Uuid::new_v4());
        Ok(Self { lobby: Arc::clone(lobby), member: Arc::new(Member::new(id.into(), principal, false)) })
    }

    /// Calls a method by its type.
    pub(super) async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Output, WireError>
    where
        M::Params: Serialize,
        M::Output: serde::de::DeserializeOwned,
    {
        let payload = self.ask(M::NAME, params).await?;
        serde_json::from_value(payload).map_err(|_| broken())
    }

    /// Calls a method by its name. Dropping the future gives the call up.
    pub(super) async fn ask<P: Serialize>(&self, method: &str, params: &P) -> Result<Value, WireError> {
        let params = to_raw_value(params)
            .map_err(|error| WireError::invalid(format!("the parameters are no JSON: {error}")))?;
        let calls = Caller { services: &self.lobby.services, member: &self.member };
        let frame = match self.lobby.table.answer(&calls, &self.member.id, method, Some(&params)) {
            Answer::Ready(frame) | Answer::Refused(frame) => frame,
            Answer::Later { answer, .. } => answer.await,
        };
        let frame: ResponseFrame = serde_json::from_slice(&frame).map_err(|_| broken())?;
        match frame.error {
            Some(error) => Err(error),
            None => Ok(frame.payload.unwrap_or(Value::Null)),
        }
    }
}

/// Returns the bearer of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, bearer) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(bearer.trim())
}

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadBody {
    /// It is no `application/json`.
    NotJson,
    /// It is larger than allowed.
    TooLarge,
    /// It did not come in time.
    TooSlow,
}

impl BadBody {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::NotJson => "send the body as application/json",
            Self::TooLarge => "the body is larger than allowed",
            Self::TooSlow => "the body did not come in time",
        }
    }
}

/// Reads a JSON body of at most `most` bytes.
pub(super) async fn read_json(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, BadBody> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(BadBody::NotJson);
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(BadBody::TooLarge);
    }
    match tokio::time::timeout(HTTP_BODY_TIMEOUT, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(BadBody::TooLarge),
        Err(_) => Err(BadBody::TooSlow),
    }
}

fn broken() -> WireError {
    WireError::new(ErrorCode::InternalError, "internal error; the gateway's log has the cause")
}
