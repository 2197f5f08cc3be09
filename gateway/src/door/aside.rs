//! The agents' own way to the tools where the one port is not plain HTTP on loopback: a listener on loopback that knows
//! `/mcp` and the passes of running agents, and nothing and nobody else.
//!
//! An agent's program cannot check a certificate that was made here, nor one for a name that it does not use.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use schemas::bounds::HANDSHAKE_TIMEOUT;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use super::half_open::{HalfOpen, Place};
use super::listener::{MAX_HEAD, turn_away};
use super::routes;
use super::screen::Screen;
use crate::config::GatewaySection;
use crate::connection::Lobby;
use crate::supervise::Job;

/// Binds it to a free port of loopback, if agents cannot use the port that `listens`.
pub async fn bind_aside(listens: SocketAddr, plain: bool) -> std::io::Result<Option<TcpListener>> {
    if plain && listens.ip().is_loopback() {
        return Ok(None);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map(Some)
}

/// Accepts connections of agents until the gateway stops.
pub async fn listen_aside(lobby: Arc<Lobby>, listener: TcpListener) {
    let jobs = lobby.services.jobs.clone();
    let aside = Arc::new(Aside {
        // The names of this machine and no others, whatever the configuration allows on the one port.
        screen: Screen::new(&GatewaySection::default()),
        router: routes::aside(lobby),
    });
    let half_open = HalfOpen::default();
    loop {
        let accepted = tokio::select! {
            () = jobs.stopping().cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let (serving, place) = (Arc::clone(&aside), half_open.enter(address.ip()));
                let stopping = jobs.stopping().clone();
                jobs.spawn(Job::Connection, async move {
                    tokio::select! {
                        () = serving.serve(stream, address, place) => {}
                        () = stopping.cancelled() => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "A connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// What every such connection needs.
struct Aside {
    screen: Screen,
    router: Router,
}

impl Aside {
    async fn serve(self: Arc<Self>, stream: TcpStream, address: SocketAddr, place: Place) {
        drop(stream.set_nodelay(true));
        let evicted = place.evicted.clone();
        let place = Arc::new(std::sync::Mutex::new(Some(place)));
        let service = service_fn(move |request| {
            // Whoever has sent a whole request no longer counts as half open.
            drop(place.lock().ok().and_then(|mut place| place.take()));
            let aside = Arc::clone(&self);
            async move { Ok::<_, std::convert::Infallible>(aside.answer(request, address).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HANDSHAKE_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            served = connection => {
                if let Err(error) = served {
                    tracing::trace!(%error, "An agent's connection ended early");
                }
            }
            () = evicted.cancelled() => {}
        }
    }

    async fn answer(&self, request: Request<Incoming>, address: SocketAddr) -> hyper::Response<Body> {
        let peer = match self.screen.look(address.ip(), request.uri(), request.headers()) {
            Ok(peer) => peer,
            Err(turned_away) => return turn_away(&turned_away),
        };
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
