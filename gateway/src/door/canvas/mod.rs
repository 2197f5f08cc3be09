//! Canvases over HTTP (protocol 9.4): files, A2UI pages and the socket of live pages, for whoever has a capability URL
//! or the gateway's token. Nobody is trusted for their address.

mod address;
mod answer;
mod policy;
mod socket;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, LOCATION, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use rust_embed::RustEmbed;
use schemas::error::DetailCode;
use schemas::session::SessionKey;

use super::panel;
use crate::canvas::{CanvasPath, FileError, Pass, Place};
use crate::connection::Lobby;
use crate::methods::Services;
use crate::security::Peer;
use crate::store::DEFAULT_ORG;

pub(super) use address::is_capability_path;
pub(super) use answer::Isolated;
pub(super) use socket::upgrade;

use address::{Address, Wanted};
use answer::{failure, file, refuse};
use policy::Policy;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/a2ui"]
struct A2uiFiles;

/// Who looks.
enum Visitor {
    /// Somebody with a capability URL.
    Guest(Pass),
    /// Somebody with the gateway's token.
    Owner,
}

/// Answers everything below the two names of canvases; what is none of theirs is the panel's to answer.
pub(super) async fn serve(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(address) = Address::parse(&path) else { return panel::serve(request).await };
    let headers = request.headers();
    let policy = Policy::new(headers, &address);
    let mut response = match visitor(&lobby.services, &peer, headers, &address) {
        Err(refused) => refused,
        Ok(_) if request.method() != Method::GET && request.method() != Method::HEAD => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, None, "Only GET is answered here.");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        Ok(visitor) => give(&lobby.services, &visitor, &address, &path).await,
    };
    // A page in its own origin asks for fonts, modules and data with `Origin: null`. The URL is what lets it.
    let from_page = headers.get(ORIGIN).is_some_and(|origin| origin == "null");
    policy.apply(&mut response, address.is_surfaces(), from_page);
    response
}

/// Finds out who looks, or refuses.
fn visitor(
    services: &Services,
    peer: &Peer,
    headers: &HeaderMap,
    address: &Address<'_>,
) -> Result<Visitor, Response<Body>> {
    if let Some(token) = address.token {
        let text = "This address is wrong or has expired. Ask for a new one with plugin.surface.refresh.";
        let refused = || refuse(StatusCode::UNAUTHORIZED, Some(DetailCode::CanvasCapabilityInvalid), text);
        return services.canvas.use_token(token).map(Visitor::Guest).ok_or_else(refused);
    }
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if services.security.check_bearer(peer, bearer) {
        return Ok(Visitor::Owner);
    }
    let text =
        "Open this with a capability URL (plugin.surface.refresh), or send the gateway's token as bearer.";
    let mut refused = refuse(StatusCode::UNAUTHORIZED, Some(DetailCode::CanvasCapabilityInvalid), text);
    refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Err(refused)
}

/// Returns the canvas that a visitor may look at under a document's id, or without one.
fn place(services: &Services, visitor: &Visitor, document: Option<&str>) -> Option<Place> {
    let main = SessionKey::main(&services.agents.default_agent().name);
    match visitor {
        Visitor::Guest(pass) => services.canvas.place_for(pass, document, &main),
        Visitor::Owner => {
            let org = DEFAULT_ORG.into();
            match document {
                Some(id) => Place::named(&org, id),
                None => Some(Place::of(&org, &main)),
            }
        }
    }
}

async fn give(services: &Services, visitor: &Visitor, address: &Address<'_>, path: &str) -> Response<Body> {
    match address.wanted {
        Wanted::Folder => moved(path),
        Wanted::Surfaces(name) => surfaces(name),
        Wanted::Script(_) => file("live.js", LIVE.into()),
        Wanted::Socket(_) => refuse(StatusCode::UPGRADE_REQUIRED, None, "This is a WebSocket."),
        Wanted::File { document, path: named } => {
            let Some(place) = place(services, visitor, document) else {
                let text = "There is no canvas to see at this address.";
                return refuse(StatusCode::NOT_FOUND, Some(DetailCode::CanvasNotFound), text);
            };
            // Before the file is read: what changes from here on, the page will be told.
            let live = address.live_script(&place, services.canvas.revision(&place));
            one_file(services, &place, (named, path), live).await
        }
    }
}

/// Serves a file; `live` is the script that a page needs to see changes.
async fn one_file(
    services: &Services,
    place: &Place,
    (named, path): (&str, &str),
    live: Option<String>,
) -> Response<Body> {
    let wanted =
        if named.is_empty() || named.ends_with('/') { format!("{named}index.html") } else { named.into() };
    let parsed = match CanvasPath::from_url(&wanted) {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = Some(DetailCode::CanvasPathInvalid);
            return refuse(StatusCode::BAD_REQUEST, code, &error.to_string());
        }
    };
    let is_page = answer::is_page(parsed.as_str());
    match services.canvas.read(place, parsed.clone()).await {
        Ok(bytes) if is_page => file(parsed.as_str(), answer::with_script(bytes, live.as_deref())),
        Ok(bytes) => file(parsed.as_str(), bytes),
        Err(FileError::Folder) => moved(path),
        // What is not there yet may be drawn while somebody waits for it.
        Err(FileError::NotFound) if is_page => answer::nothing_yet(live.as_deref()),
        Err(error) => failure(&error),
    }
}

fn surfaces(name: &str) -> Response<Body> {
    let name = if name.is_empty() { "index.html" } else { name };
    match A2uiFiles::get(name) {
        Some(found) => file(name, found.data.into_owned()),
        None => refuse(StatusCode::NOT_FOUND, Some(DetailCode::CanvasNotFound), "There is no such file."),
    }
}

/// Sends a browser to the same address with a slash at its end: relative addresses in the page need it.
fn moved(path: &str) -> Response<Body> {
    let mut response = refuse(StatusCode::PERMANENT_REDIRECT, None, "It is one slash further.");
    match HeaderValue::from_str(&format!("{path}/")) {
        Ok(to) => drop(response.headers_mut().insert(LOCATION, to)),
        Err(_) => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

/// The script that makes pages live.
const LIVE: &str = include_str!("live.js");
