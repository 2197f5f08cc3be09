//! `/v1/*`: agents as an OpenAI client library sees them (protocol 9.1). Off unless the configuration says so.
//!
//! An answer is a run like every other: it goes through the table, is stored, and can be read in the panel. A client
//! that hangs up stops its run, as it would there.

mod completions;
mod error;
mod models;
mod parts;
mod prompt;
mod responses;
mod run;
mod sse;
mod target;

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use schemas::bounds::{MAX_OPENAI_ANSWERS, MAX_OPENAI_BODY};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::visitor::{Visitor, read_json};
use crate::connection::Lobby;
use crate::security::{BearerRefusal, Peer};

use error::Refusal;

/// What all requests to `/v1` share.
#[derive(Clone, Debug)]
pub(super) struct Answers(Arc<Semaphore>);

impl Default for Answers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_OPENAI_ANSWERS)))
    }
}

/// A request that came in by a good bearer.
struct Guest {
    visitor: Visitor,
    headers: HeaderMap,
    place: OwnedSemaphorePermit,
}

/// Answers every request under `/v1`.
pub(super) async fn serve(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Extension(answers): Extension<Answers>,
    request: Request<Body>,
) -> Response<Body> {
    match route(&lobby, &peer, &answers, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn route(
    lobby: &Arc<Lobby>,
    peer: &Peer,
    answers: &Answers,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let on = lobby.services.openai;
    let path = request.uri().path().trim_start_matches("/v1").trim_end_matches('/').to_owned();
    let method = request.method().clone();
    let wanted = match &*path {
        "/models" => (on.chat_completions || on.responses, Method::GET),
        "/chat/completions" => (on.chat_completions, Method::POST),
        "/responses" => (on.responses, Method::POST),
        other if other.starts_with("/models/") => (on.chat_completions || on.responses, Method::GET),
        _ => return Err(Refusal::no_such_route()),
    };
    let (is_on, allowed) = wanted;
    if !is_on {
        return Err(Refusal::off());
    }
    let visitor = Visitor::admit(lobby, peer, request.headers()).map_err(|refused| match refused {
        BearerRefusal::Unknown => Refusal::unauthorized(),
        BearerRefusal::Locked(wait) => Refusal::locked(wait),
    })?;
    if method != allowed {
        let mut response = Refusal::wrong_method(&allowed).response();
        if let Ok(name) = HeaderValue::from_str(allowed.as_str()) {
            response.headers_mut().insert(ALLOW, name);
        }
        return Ok(response);
    }
    if let Some(id) = path.strip_prefix("/models/") {
        return models::one(&visitor, id).await;
    }
    if path == "/models" {
        return models::all(&visitor).await;
    }
    let place = Arc::clone(&answers.0).try_acquire_owned().map_err(|_| Refusal::busy())?;
    let (head, body) = request.into_parts();
    let body = read_json(&head.headers, body, MAX_OPENAI_BODY).await.map_err(Refusal::body)?;
    let guest = Guest { visitor, headers: head.headers, place };
    if path == "/responses" {
        responses::answer(guest, &body).await
    } else {
        completions::answer(guest, &body).await
    }
}

/// Reads a request's body.
fn parsed<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    // The parser's own message quotes no value of the body, only what it expected and where.
    serde_json::from_slice(body)
        .map_err(|error| Refusal::invalid(format!("the body is not as expected: {error}"), None))
}

fn json<T: serde::Serialize>(value: &T) -> Response<Body> {
    let text = serde_json::to_string(value).unwrap_or_else(|_| "{}".into());
    super::routes::typed(StatusCode::OK, "application/json", Body::from(text))
}
