//! `/metrics` in the Prometheus text format: counted where things happen, rendered when asked for.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use schemas::methods::system::TaskCounts;

use super::routes::plain;
use crate::connection::Lobby;
use crate::methods::Services;
use crate::methods::system::memory;
use crate::security::Peer;
use crate::store::durations::{Durations, LIMITS};

/// Answers with the shared token as bearer, or to programs on this machine if the configuration says so.
pub(super) async fn metrics(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response<Body> {
    let services = &lobby.services;
    let open = services.metrics_public_on_loopback && peer.local && peer.origin.is_none();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !open && !services.security.check_bearer(&peer, bearer) {
        let mut response = plain(StatusCode::UNAUTHORIZED, "Send the gateway's token as bearer.\n");
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    }
    let mut response = Response::new(Body::from(render(services).await));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    response
}

/// A recorder of its own for each answer: no global state, and nothing on the path of a request.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, as Prometheus wants them")]
async fn render(services: &Services) -> String {
    let tasks = services.engine.counts().await.unwrap_or_default();
    let took = services.engine.durations().await.unwrap_or_default();
    let recorder = PrometheusBuilder::new().build_recorder();
    ::metrics::with_local_recorder(&recorder, || {
        ::metrics::gauge!("landline_uptime_seconds").set(services.uptime_ms() as f64 / 1000.0);
        ::metrics::gauge!("landline_connections").set(services.hub.len() as f64);
        let nodes = services.fleet.count();
        ::metrics::gauge!("landline_nodes").set(nodes.known as f64);
        ::metrics::gauge!("landline_nodes_connected").set(nodes.connected as f64);
        ::metrics::gauge!("landline_nodes_pending").set(nodes.pending as f64);
        ::metrics::gauge!("landline_node_requests_waiting").set(nodes.waiting as f64);
        ::metrics::gauge!("landline_degraded_jobs").set(services.jobs.degraded().len() as f64);
        ::metrics::gauge!("landline_tasks_active").set(tasks.active as f64);
        for (status, count) in &tasks.by_status {
            ::metrics::counter!("landline_tasks_total", "status" => status.clone()).absolute(*count);
        }
        coordinator(services, &tasks);
        if let Some(bytes) = memory() {
            ::metrics::gauge!("landline_resident_memory_bytes").set(bytes as f64);
        }
    });
    let mut text = recorder.handle().render();
    histogram(&mut text, &took);
    text
}

/// The names of a coordinator (requirements C-45). They are counted from what is stored, so that they are true after a
/// restart; a retry of the same task does not count again.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, as Prometheus wants them")]
fn coordinator(services: &Services, tasks: &TaskCounts) {
    let of = |state: &str| tasks.by_status.get(state).copied().unwrap_or_default();
    ::metrics::counter!("coord_tasks_dispatched_total").absolute(tasks.total);
    ::metrics::counter!("coord_tasks_completed_total").absolute(of("completed"));
    ::metrics::counter!("coord_tasks_errored_total").absolute(of("failed"));
    let (waiting, running) = services.engine.depth();
    ::metrics::gauge!("coord_connected_agents").set(services.engine.workers_online() as f64);
    ::metrics::gauge!("coord_queue_depth").set(waiting as f64);
    ::metrics::gauge!("coord_active_tasks").set(running as f64);
}

/// Writes the histogram of durations by hand: it is counted already, a recorder would want every sample anew.
fn histogram(text: &mut String, took: &Durations) {
    const NAME: &str = "coord_task_duration_seconds";
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# TYPE {NAME} histogram");
    for (limit, count) in LIMITS.iter().zip(took.at_most) {
        let _ = writeln!(text, "{NAME}_bucket{{le=\"{limit}\"}} {count}");
    }
    let _ = writeln!(text, "{NAME}_bucket{{le=\"+Inf\"}} {}", took.count);
    let _ = writeln!(text, "{NAME}_sum {}.{:03}", took.sum_ms / 1000, took.sum_ms % 1000);
    let _ = writeln!(text, "{NAME}_count {}\n", took.count);
}
