//! `POST /hooks/…`: calls of other programs (protocol 9.3). Who calls is looked at before what is said.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONNECTION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use schemas::bounds::MAX_HOOK_BODY;
use serde_json::json;

use super::routes::{json_response, plain, text};
use crate::connection::Lobby;
use crate::hooks::{Refusal, Shown, Taken};
use crate::security::Peer;

/// Takes one call.
pub(super) async fn take(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    if request.method() != Method::POST {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Hooks are posted to.\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let hooks = &lobby.services.hooks;
    let (head, body) = request.into_parts();
    let own = matches!(name.as_str(), "wake" | "agent");
    if own && let Err(refusal) = hooks.admit(peer.ip, token(&head.headers)) {
        return refuse(&refusal);
    }
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MAX_HOOK_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return closing(plain(StatusCode::PAYLOAD_TOO_LARGE, "That is more than 256 KB.\n")),
        Err(_) => return closing(plain(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n")),
    };
    let answered = match name.as_str() {
        "wake" => hooks
            .wake(&body)
            .await
            .map(|mode| json_response(StatusCode::OK, &json!({ "ok": true, "mode": mode }))),
        "agent" => hooks.agent(&body).await.map(|taken| accepted(StatusCode::OK, &taken)),
        name => {
            let called = hooks.call(name, peer.ip, &shown(&head.headers), &body).await;
            called.map(|taken| {
                accepted(if taken.fresh { StatusCode::ACCEPTED } else { StatusCode::OK }, &taken)
            })
        }
    };
    answered.unwrap_or_else(|refusal| refuse(&refusal))
}

fn accepted(status: StatusCode, taken: &Taken) -> Response<Body> {
    let mut body = json!({ "ok": true, "runId": taken.run_id });
    if !taken.fresh {
        body["repeated"] = json!(true);
    }
    json_response(status, &body)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    bearer.or_else(|| header(headers, "x-openclaw-token"))
}

fn shown(headers: &HeaderMap) -> Shown<'_> {
    Shown {
        over_body: header(headers, "x-hub-signature-256"),
        over_all: header(headers, "x-landline-signature-256"),
        timestamp: header(headers, "x-landline-timestamp"),
        delivery: header(headers, "x-landline-delivery"),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn refuse(refusal: &Refusal) -> Response<Body> {
    let (status, wait) = match refusal {
        Refusal::Unknown => (StatusCode::NOT_FOUND, None),
        Refusal::Unproved(_) => (StatusCode::UNAUTHORIZED, None),
        Refusal::TooMany(wait) => (StatusCode::TOO_MANY_REQUESTS, Some(*wait)),
        Refusal::Bad(_) => (StatusCode::BAD_REQUEST, None),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some(BUSY_WAIT)),
        Refusal::Ours => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    let mut response = text(status, format!("{refusal}\n"));
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    closing(response)
}

/// The body may not have been read, so that the connection is of no more use.
fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Longest time that a body may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds that a caller waits when the agent's queue is full.
const BUSY_WAIT: u64 = 10;
