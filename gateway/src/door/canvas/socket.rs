//! The socket of a live page: the narrow way in for a page that has an origin of its own. It is opened with a
//! capability URL only, and never becomes a connection of the gateway's protocol.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use schemas::error::DetailCode;
use schemas::session::SessionKey;

use super::address::{Address, Wanted};
use super::answer::refuse;
use crate::canvas::View;
use crate::connection::{Viewer, serve_viewer};
use crate::door::knock::accept_key;
use crate::door::listener::{Door, raw, switching};
use crate::methods::Services;
use crate::supervise::Job;

/// Answers an upgrade below a capability URL and serves the page's socket in a job of its own.
pub(in crate::door) fn upgrade(door: &Arc<Door>, mut request: Request<Incoming>) -> Response<Body> {
    let services = Arc::clone(&door.lobby().services);
    let admitted = admit(&services, request.uri().path(), request.uri().query());
    let viewer = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let Some(accept) = accept_key(request.headers()) else {
        return refuse(StatusCode::BAD_REQUEST, None, "This is not a WebSocket (RFC 6455) upgrade.");
    };
    let upgrade = hyper::upgrade::on(&mut request);
    door.spawn(Job::Connection, async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (stream, received) = raw(upgraded);
        serve_viewer(services, stream, received, viewer).await;
    });
    switching(&accept)
}

fn admit(services: &Arc<Services>, path: &str, query: Option<&str>) -> Result<Viewer, Response<Body>> {
    let address = Address::parse(path);
    let Some((token, Wanted::Socket(id))) =
        address.and_then(|address| Some((address.token?, address.wanted)))
    else {
        return Err(refuse(StatusCode::NOT_FOUND, None, "There is no socket at this address."));
    };
    let refused = |status, code, text| Err(refuse(status, Some(code), text));
    let Some(pass) = services.canvas.use_token(token) else {
        let text = "This address is wrong or has expired.";
        return refused(StatusCode::UNAUTHORIZED, DetailCode::CanvasCapabilityInvalid, text);
    };
    let main = SessionKey::main(&services.agents.default_agent().name);
    let Some(place) = services.canvas.place_for(&pass, id, &main) else {
        let text = "There is no canvas to see at this address.";
        return refused(StatusCode::NOT_FOUND, DetailCode::CanvasNotFound, text);
    };
    let view = if query == Some("view=a2ui") { View::A2ui } else { View::Files };
    let made_at = query.and_then(|query| query.strip_prefix("r=")?.parse::<u64>().ok());
    let Some(seat) = services.canvas.watch(&pass, place.clone(), view) else {
        let text = "Too many pages show canvases; close some.";
        return refused(StatusCode::SERVICE_UNAVAILABLE, DetailCode::Busy, text);
    };
    let stale = made_at.is_some_and(|made_at| made_at < services.canvas.revision(&place));
    Ok(Viewer { pass, seat, view, stale })
}
