//! `/api/*`: the task engine over plain HTTP, for scripts and for programs that spoke to a coordinator (requirements
//! 3.4). One list of routes makes the answers and the OpenAPI document.

mod agents;
mod message;
mod openapi;
mod problem;
mod query;
mod routes;
mod tasks;
mod types;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use schemas::bounds::{MAX_REST_BODY, MAX_REST_REQUESTS};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::routes::typed;
use super::visitor::{Visitor, read_json};
use crate::connection::Lobby;
use crate::security::{BearerRefusal, Peer};

use problem::Problem;
use query::Query;
use routes::{Found, find};

/// What all requests to `/api` share.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_REST_REQUESTS)))
    }
}

/// One request on its way through a handler.
struct Asked {
    visitor: Visitor,
    /// What stands in the place of `{id}`.
    id: String,
    query: Query,
    headers: HeaderMap,
    /// The body; null where a route takes none.
    body: Value,
}

impl Asked {
    /// Returns the body as a route wants it.
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(&self.body)
            .map_err(|error| Problem::bad(format!("the body is not as expected: {error}")))
    }

    /// Returns the key under which a repeat of this request has no further effect.
    fn key(&self, given: Option<&str>) -> String {
        let header = || self.headers.get("idempotency-key")?.to_str().ok();
        given
            .or_else(header)
            .filter(|key| !key.is_empty())
            .map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned)
    }
}

/// Answers every request under `/api`.
pub(super) async fn serve(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Extension(places): Extension<Places>,
    request: Request<Body>,
) -> Response<Body> {
    match route(&lobby, &peer, &places, request).await {
        Ok((status, body)) => typed(status, "application/json", Body::from(body.to_string())),
        Err(problem) => refuse(&problem),
    }
}

async fn route(
    lobby: &Arc<Lobby>,
    peer: &Peer,
    places: &Places,
    request: Request<Body>,
) -> Result<(StatusCode, Value), Problem> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    // The document names no secret and no work; programs that read it have no bearer to give yet.
    if path == openapi::PATH && matches!(head.method, Method::GET | Method::HEAD) {
        return Ok((StatusCode::OK, openapi::document().clone()));
    }
    let visitor = Visitor::admit(lobby, peer, &head.headers).map_err(|refused| match refused {
        BearerRefusal::Unknown => Problem::unauthorized(),
        BearerRefusal::Locked(wait) => Problem::locked(wait),
    })?;
    let (route, id) = match find(&head.method, path) {
        Found::Route(route, id) => (route, id),
        Found::WrongMethod(allowed) => return Err(Problem::wrong_method(&allowed)),
        Found::Nothing => return Err(Problem::no_such_route()),
    };
    let _place = places.0.try_acquire().map_err(|_| Problem::busy())?;
    let query = Query::read(head.uri.query().unwrap_or_default(), route)?;
    let body = if route.body.is_some() {
        let bytes = read_json(&head.headers, body, MAX_REST_BODY).await.map_err(Problem::bad_body)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Problem::bad(format!("the body is no JSON (line {}, column {})", error.line(), error.column()))
        })?
    } else {
        Value::Null
    };
    let asked = Asked { visitor, id, query, headers: head.headers, body };
    let answer = (route.run)(&asked).await?;
    Ok((StatusCode::from_u16(route.status).unwrap_or(StatusCode::OK), answer))
}

/// Returns an answer as JSON.
fn json<T: Serialize>(value: &T) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|_| Problem::ours())
}

fn refuse(problem: &Problem) -> Response<Body> {
    let mut response =
        typed(problem.status, "application/problem+json", Body::from(problem.body().to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(allowed) = problem.allow.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(ALLOW, allowed);
    }
    if let Some(wait) = problem.wait {
        headers.insert(axum::http::header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}
