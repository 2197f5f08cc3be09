//! The socket of a page that shows a canvas. It hears of changes, answers scripts and says what its person did; it can
//! call no method and sees no event of the gateway.

use std::sync::Arc;
use std::time::Duration;

use schemas::bounds::{CLOSE_GRACE, MAX_CANVAS_RESULT, TICK_INTERVAL, WRITE_STALL};
use serde_json::{Value, json};
use tungstenite::protocol::frame::coding::Control;

use super::codec::{Fault, write_control};
use super::connected::end_of;
use super::socket::{Socket, Stream};
use crate::canvas::{EvalError, Pass, RELOAD, Seat, View};
use crate::hub::End;
use crate::methods::Services;
use crate::methods::canvas::act;

/// A page that was let in.
#[derive(Debug)]
pub struct Viewer {
    /// What lets it.
    pub pass: Pass,
    /// Its place among those that are told of changes.
    pub seat: Seat,
    /// What it shows.
    pub view: View,
    /// Whether its files changed since it was made.
    pub stale: bool,
}

/// Serves a page's socket until it is closed, or its capability ends.
pub async fn serve_viewer(
    services: Arc<Services>,
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    mut viewer: Viewer,
) {
    let mut socket = Socket::new(stream, Vec::new(), received, MAX_CANVAS_RESULT);
    let end = converse(&services, &mut socket, &mut viewer).await;
    drop(viewer);
    socket.close(&end, CLOSE_GRACE).await;
}

async fn converse(services: &Arc<Services>, socket: &mut Socket, viewer: &mut Viewer) -> End {
    if viewer.view == View::A2ui
        && let Err(end) = show_surfaces(services, socket, viewer).await
    {
        return end;
    }
    if viewer.stale
        && let Err(fault) = tell(socket, RELOAD.as_bytes()).await
    {
        return end_of(fault);
    }
    let mut beat = tokio::time::interval(TICK_INTERVAL);
    loop {
        let told = tokio::select! {
            () = services.jobs.stopping().cancelled() => return End::restart(),
            () = viewer.seat.stop.cancelled() => return expired(),
            order = viewer.seat.orders.recv() => match order {
                Some(order) => tell(socket, order.as_bytes()).await,
                None => return End::lost(),
            },
            message = socket.next() => match message {
                Ok(message) => hear(services, socket, viewer, &message).await,
                Err(fault) => return end_of(fault),
            },
            _ = beat.tick() => {
                // An open page uses its capability.
                if !services.canvas.is_good(&viewer.pass) {
                    return expired();
                }
                write_control(socket.out(), Control::Ping, &[]);
                flush(socket).await
            }
        };
        if let Err(fault) = told {
            return end_of(fault);
        }
    }
}

/// Shows what is there already; what comes meanwhile waits its turn.
async fn show_surfaces(services: &Services, socket: &mut Socket, viewer: &Viewer) -> Result<(), End> {
    let notes = services.canvas.notes(viewer.seat.place()).await.unwrap_or_default();
    let order = json!({ "type": "a2ui", "messages": notes.messages() });
    tell(socket, order.to_string().as_bytes()).await.map_err(end_of)
}

/// Takes one message of a page; what is none of those that it may send is ignored.
async fn hear(
    services: &Arc<Services>,
    socket: &mut Socket,
    viewer: &Viewer,
    message: &[u8],
) -> Result<(), Fault> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(message) else { return Ok(()) };
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        "result" => {
            if let Some(number) = fields.get("id").and_then(Value::as_u64) {
                let evaluated = match fields.get("ok") {
                    Some(Value::Bool(true)) => Ok(fields.remove("value").unwrap_or_default()),
                    _ => Err(EvalError::Failed(why(fields.get("error")))),
                };
                viewer.seat.answer(number, evaluated);
            }
            Ok(())
        }
        "action" if viewer.view == View::A2ui => {
            if !services.canvas.is_good(&viewer.pass) {
                return Err(Fault::Gone);
            }
            let answer = match act(services, &viewer.pass, fields.get("action").unwrap_or(&Value::Null)).await
            {
                Ok(run_id) => json!({ "type": "acted", "runId": run_id }),
                Err(error) => json!({ "type": "refused", "error": error }),
            };
            tell(socket, answer.to_string().as_bytes()).await
        }
        _ => Ok(()),
    }
}

/// Returns a page's own words on what went wrong, cut short.
fn why(error: Option<&Value>) -> String {
    error.and_then(Value::as_str).unwrap_or("the page did not say why").chars().take(2000).collect()
}

async fn tell(socket: &mut Socket, payload: &[u8]) -> Result<(), Fault> {
    within(socket.send(payload)).await
}

async fn flush(socket: &mut Socket) -> Result<(), Fault> {
    within(std::future::poll_fn(|cx| socket.poll_flush(cx))).await
}

/// A page that takes nothing is gone.
async fn within(work: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    const LIMIT: Duration = WRITE_STALL;
    tokio::time::timeout(LIMIT, work).await.unwrap_or(Err(Fault::Gone))
}

fn expired() -> End {
    End::new(1008, "capability ended")
}
