//! Workers that are no nodes (docs/workers.md). Over HTTP, `/v1/worker/…`, they ask for their orders: a bearer says who
//! asks, a signature that the words are theirs, a session which process of theirs has the word. Over gRPC all of that is
//! one stream.

mod admit;
pub(super) mod grpc;
mod http;
mod session;
mod sign;

use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use axum::routing::post;

use crate::connection::Lobby;

pub(super) use session::Sessions;

/// Returns the routes.
pub(super) fn routes(lobby: &Arc<Lobby>) -> Router<Arc<Lobby>> {
    let sessions = Sessions::new(&lobby.services.workers, &lobby.services.jobs);
    Router::new()
        .route("/v1/worker/report", post(http::report))
        .route("/v1/worker/poll", post(http::poll))
        .layer(Extension(sessions))
        .merge(grpc::routes(lobby))
}
