//! `POST /channels/PLATFORM/ACCOUNT`: what a chat platform posts, for platforms that are not asked.
//!
//! Nothing is read before the platform has proved itself, and it is told that something was received once that is
//! stored. Anything else makes it try again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use channels::FeedError;
use schemas::bounds::MAX_POST;

use super::routes::plain;
use crate::connection::Lobby;

/// Takes one post.
pub(super) async fn take(
    State(lobby): State<Arc<Lobby>>,
    Path((platform, account)): Path<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let Some(feed) = lobby.services.roster.feed(&platform, &account) else {
        return refuse(StatusCode::NOT_FOUND, "No account here is posted to under that name.\n");
    };
    match request.headers().get(feed.header()) {
        None => {
            return refuse(StatusCode::UNAUTHORIZED, "The header with the webhook's secret is missing.\n");
        }
        Some(proof) if !feed.proves(proof.as_bytes()) => {
            return refuse(StatusCode::FORBIDDEN, "That is not the webhook's secret.\n");
        }
        Some(_) => {}
    }
    if !is_json(request.headers()) {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only application/json is taken here.\n");
    }
    if announced(request.headers()).is_some_and(|length| length > MAX_POST) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE);
    }
    let body = match tokio::time::timeout(PATIENCE, to_bytes(request.into_body(), MAX_POST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE),
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n"),
    };
    match feed.take(&body).await {
        Ok(()) => plain(StatusCode::OK, ""),
        Err(FeedError::Unreadable(_)) => plain(StatusCode::BAD_REQUEST, "That is no update.\n"),
        Err(error @ (FeedError::Closed | FeedError::Journal(_))) => {
            tracing::warn!(platform, account, %error, "A post was not taken; the platform tries again");
            plain(StatusCode::SERVICE_UNAVAILABLE, "It could not be stored; try again.\n")
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses without reading the body, so that the connection is of no more use.
fn refuse(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = plain(status, text);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Longest time that a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

const TOO_LARGE: &str = "That is larger than any update.\n";
