//! The two requests of a worker over HTTP: what it tells, and what it is to do.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use nodes::work::wire::{Order, Report};
use schemas::error::{DetailCode, WireError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::admit::{Admitted, admit};
use super::session::{Sessions, Stranger};
use crate::connection::Lobby;
use crate::methods::workers::refusal;
use crate::security::Peer;

/// A refusal as RFC 9457 has it, with the stable code beside.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: DetailCode,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: DetailCode, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    fn of(error: &WireError) -> Self {
        let code = error.details.as_ref().and_then(|details| details.get("code"));
        let code = code.and_then(|code| serde_json::from_value(code.clone()).ok());
        let code = code.unwrap_or(DetailCode::WorkerReportInvalid);
        let status = match code {
            DetailCode::WorkerNameTaken | DetailCode::WorkerNotAnnounced => StatusCode::CONFLICT,
            DetailCode::Busy => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, code, error.message.clone())
    }
}

impl From<Stranger> for Problem {
    fn from(stranger: Stranger) -> Self {
        let (code, text) = match stranger {
            Stranger::Nobody => {
                (DetailCode::WorkerNotAnnounced, "announce first: send a report that announces the worker")
            }
            Stranger::Replaced => {
                (DetailCode::WorkerReplaced, "another process with this token has taken the worker's place")
            }
        };
        Self::new(StatusCode::CONFLICT, code, text)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let title = self.status.canonical_reason().unwrap_or_default();
        let body = json!({ "type": "about:blank", "title": title, "status": self.status.as_u16(),
                           "detail": self.detail, "code": self.code });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}

/// The body of `/v1/worker/report`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Told {
    instance: String,
    messages: Vec<Report>,
}

/// The body of `/v1/worker/poll`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    instance: String,
    /// The `cursor` of the answer before; 0 at first.
    #[serde(default)]
    ack: u64,
    /// How long it waits for orders, in milliseconds.
    #[serde(default = "longest")]
    wait_ms: u64,
}

/// The answer to a poll.
#[derive(Debug, Serialize)]
struct Orders {
    orders: Vec<Order>,
    cursor: u64,
}

/// Takes what a worker tells.
pub(super) async fn report(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Extension(sessions): Extension<Sessions>,
    request: Request<Body>,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    let from = admit(&lobby, &peer, sessions.nonces(), request).await?;
    let told: Told = read(&from)?;
    check_instance(&told.instance)?;
    check_run(&from, &told.messages)?;
    let announces = matches!(told.messages.first(), Some(Report::Announce { .. }));
    let session = if announces {
        sessions.begin(&from.name, &told.instance)
    } else {
        sessions.of(&from.name, &told.instance)?
    };
    let heard = sessions.workers().hear(&session.line, told.messages);
    heard.map_err(|refused| Problem::of(&refusal(&refused)))?;
    if announces {
        sessions.install(&from.name, &session);
    }
    Ok(axum::Json(json!({})))
}

/// Waits for orders and hands them out.
pub(super) async fn poll(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Extension(sessions): Extension<Sessions>,
    request: Request<Body>,
) -> Result<Response<Body>, Problem> {
    let from = admit(&lobby, &peer, sessions.nonces(), request).await?;
    let asked: Asked = read(&from)?;
    let session = sessions.of(&from.name, &asked.instance)?;
    // The worker may have been lost to the table meanwhile, for another reason.
    sessions.workers().alive(&session.line).map_err(|_| Problem::from(Stranger::Nobody))?;
    let wait = Duration::from_millis(asked.wait_ms.min(longest()));
    let (orders, cursor) = tokio::select! {
        orders = session.orders(asked.ack, wait) => orders?,
        () = lobby.services.jobs.stopping().cancelled() => (Vec::new(), asked.ack),
    };
    Ok(axum::Json(Orders { orders, cursor }).into_response())
}

fn read<T: for<'de> Deserialize<'de>>(from: &Admitted) -> Result<T, Problem> {
    serde_json::from_slice(&from.body).map_err(|error| {
        let at = format!(
            "the body is not as docs/workers.md has it (line {}, column {})",
            error.line(),
            error.column()
        );
        Problem::new(StatusCode::BAD_REQUEST, DetailCode::WorkerReportInvalid, at)
    })
}

fn check_instance(instance: &str) -> Result<(), Problem> {
    if (1..=64).contains(&instance.len()) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        DetailCode::WorkerReportInvalid,
        "instance: 1 to 64 characters",
    ))
}

/// What the signature says the body is about must be what it is about: no report moves to another run.
fn check_run(from: &Admitted, reports: &[Report]) -> Result<(), Problem> {
    let wrong = |text: &str| Problem::new(StatusCode::BAD_REQUEST, DetailCode::WorkerReportInvalid, text);
    let mut runs: Vec<String> = reports.iter().filter_map(Report::run).map(|run| run.to_string()).collect();
    runs.dedup();
    let run = if runs.len() == 1 { &runs[0] } else { "-" };
    if from.run != run {
        return Err(wrong(
            "landline-run: the run that all reports of the body are about, or - if there are several or none",
        ));
    }
    let first = reports.iter().find_map(|report| match report {
        Report::Steps { from, .. } | Report::Ended { from, .. } => Some(*from),
        _ => None,
    });
    let seq = if run == "-" { 0 } else { first.unwrap_or(0) };
    if from.seq == seq {
        Ok(())
    } else {
        Err(wrong("landline-seq: the number of the body's first step, or 0"))
    }
}

/// The longest that a poll may wait, in milliseconds.
const fn longest() -> u64 {
    25_000
}
