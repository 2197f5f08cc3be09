//! Every URL on one screen (protocol 9).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};
use tower::util::MapResponseLayer;

use super::{canvas, hook, hooks, mcp, metrics, panel, worker};
use crate::connection::Lobby;
use crate::security::Peer;

/// Returns the router for everything that is not a WebSocket.
pub(super) fn routes(lobby: Arc<Lobby>) -> Router {
    let tools = mcp::Tools::new(lobby.services.jobs.stopping(), mcp::For::Everyone);
    Router::new()
        .route("/mcp", any(mcp::serve))
        .layer(Extension(tools))
        .route("/healthz", get(live))
        .route("/health", get(live))
        .route("/readyz", get(ready))
        .route("/ready", get(ready))
        .route("/startupz", get(started))
        .route("/metrics", get(metrics::metrics))
        .route("/channels/{platform}/{account}", post(hook::take))
        .route("/hooks/{name}", any(hooks::take))
        .merge(worker::routes(&lobby))
        .route("/__landline__/{*rest}", any(canvas::serve))
        .route("/__openclaw__/{*rest}", any(canvas::serve))
        .fallback(panel::serve)
        .with_state(lobby)
        .layer(MapResponseLayer::new(secured))
}

/// Returns the router of the agents' own listener.
pub(super) fn aside(lobby: Arc<Lobby>) -> Router {
    let tools = mcp::Tools::new(lobby.services.jobs.stopping(), mcp::For::Agents);
    Router::new()
        .route("/mcp", any(mcp::serve))
        .layer(Extension(tools))
        .with_state(lobby)
        .layer(MapResponseLayer::new(secured))
}

/// Adds what every response carries. A canvas's page has an origin and a policy of its own.
fn secured(mut response: Response<Body>) -> Response<Body> {
    if response.extensions_mut().remove::<canvas::Isolated>().is_some() {
        return response;
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// On every response: no framing, no sniffing, no referrer, and scripts from here alone.
const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self' ws: wss:; font-src 'self'; frame-src 'self'; media-src data:; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Says that the process is alive; nothing more, for anyone may ask.
async fn live() -> Json<Value> {
    Json(json!({"ok": true, "status": "live"}))
}

/// Says whether the gateway can work; 503 while it cannot. Names of what fails are for local callers.
async fn ready(State(lobby): State<Arc<Lobby>>, Extension(peer): Extension<Peer>) -> Response<Body> {
    let services = &lobby.services;
    let mut failing = services.jobs.degraded();
    if services.store.write(|_| Ok(())).await.is_err() {
        failing.push("store".to_owned());
    }
    let status = if failing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = if peer.local {
        json!({"ready": failing.is_empty(), "failing": failing, "uptimeMs": services.uptime_ms()})
    } else {
        json!({"ready": failing.is_empty()})
    };
    json_response(status, &body)
}

async fn started(State(lobby): State<Arc<Lobby>>) -> Json<Value> {
    Json(json!({
        "ok": true, "status": "started", "version": env!("CARGO_PKG_VERSION"),
        "uptimeMs": lobby.services.uptime_ms(),
    }))
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    typed(status, "application/json", Body::from(body.to_string()))
}

/// Returns a short text.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", Body::from(text))
}

/// Returns a text.
pub(super) fn text(status: StatusCode, text: String) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", Body::from(text))
}

fn typed(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
