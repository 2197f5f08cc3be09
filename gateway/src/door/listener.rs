//! Accepts connections, serves HTTP on them, and hands WebSocket upgrades over.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use schemas::bounds::HANDSHAKE_TIMEOUT;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::canvas;
use super::half_open::{HalfOpen, Place};
use super::knock::{Begun, Knock, accept_key, knock};
use super::routes::{self, routes};
use super::screen::{Screen, TurnedAway};
use super::tls;
use crate::config::GatewaySection;
use crate::connection::{Arrival, Entering, Lobby, Stream, enter, serve};
use crate::security::Peer;
use crate::supervise::{Job, Jobs};

/// What a connection needs at the door; one value for all.
#[derive(Debug)]
pub struct Door {
    screen: Screen,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    lobby: Arc<Lobby>,
    jobs: Jobs,
    half_open: HalfOpen,
}

/// Binds the one TCP listener.
pub async fn bind(config: &GatewaySection) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(config.host.0, config.port)).await
}

/// Lets this process hold as many sockets as the system allows it to.
pub fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "The limit of open files stays as it is");
    }
}

impl Door {
    /// Builds the door in front of `lobby`; with a TLS configuration it speaks nothing else over TCP.
    pub fn new(
        config: &GatewaySection,
        tls: Option<Arc<ServerConfig>>,
        lobby: Arc<Lobby>,
        jobs: Jobs,
    ) -> Arc<Self> {
        let router = routes(Arc::clone(&lobby));
        Arc::new(Self {
            screen: Screen::new(config),
            tls,
            router,
            lobby,
            jobs,
            half_open: HalfOpen::default(),
        })
    }

    /// Accepts TCP connections until the gateway stops.
    pub async fn listen(self: Arc<Self>, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.jobs.stopping().cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => self.welcome(stream, address.ip()),
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to be given back.
                    tracing::warn!(%error, "A connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    pub(super) fn stopping(&self) -> &CancellationToken {
        self.jobs.stopping()
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Has the router answer.
    pub(super) async fn route(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.into_response()
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    pub(super) fn lobby(&self) -> &Arc<Lobby> {
        &self.lobby
    }

    pub(super) fn spawn(&self, job: Job, work: impl Future<Output = ()> + Send + 'static) {
        self.jobs.spawn(job, work);
    }

    fn welcome(self: &Arc<Self>, stream: TcpStream, address: IpAddr) {
        // Answers are written whole; waiting for more to say would only delay them.
        drop(stream.set_nodelay(true));
        let (door, place) = (Arc::clone(self), self.half_open.enter(address));
        self.jobs.spawn(Job::Connection, door.serve_tcp(stream, address, place));
    }

    /// Serves a connection to its end. What is needed at its beginning only is boxed, and no local of the returned
    /// future: that is held by every idle connection.
    fn serve_tcp(
        self: Arc<Self>,
        stream: TcpStream,
        address: IpAddr,
        place: Place,
    ) -> impl Future<Output = ()> + Send + 'static {
        let begun = self.begin(stream, address, place).boxed();
        async move {
            let Some(rest) = begun.await else { return };
            match rest {
                Rest::WebSocket(entering) => serve(entering).await,
                Rest::Http(serving) => serving.await,
            }
        }
    }

    async fn begin(self: Arc<Self>, stream: TcpStream, address: IpAddr, place: Place) -> Option<Rest> {
        match self.tls.clone().map(TlsAcceptor::from) {
            None => {
                let knock = self.in_time(&place, knock(&self.screen, stream, address)).await?;
                Some(self.go_on(knock, address, place))
            }
            Some(acceptor) => {
                let secured = async {
                    let stream = tls::accept(&acceptor, stream).await?;
                    knock(&self.screen, stream, address).await
                };
                let knock = self.in_time(&place, secured.boxed()).await?;
                Some(self.go_on(knock, address, place))
            }
        }
    }

    fn go_on<S: Stream>(self: Arc<Self>, knock: Knock<S>, address: IpAddr, place: Place) -> Rest {
        match knock {
            Knock::WebSocket { stream, peer, opening, received } => {
                let arrival = Arrival { stream: Box::new(stream), opening, received, peer };
                Rest::WebSocket(enter(Arc::clone(&self.lobby), arrival, evicted(Some(place))))
            }
            Knock::Http(begun) => Rest::Http(self.serve_http(begun, address, place).boxed()),
            Knock::Http2(begun) => Rest::Http(self.serve_http2(begun, address, place).boxed()),
        }
    }

    /// Returns `None` if nothing came in time or the connection had to make room without a word, as it said none.
    async fn in_time<S>(
        &self,
        place: &Place,
        knock: impl Future<Output = Option<Knock<S>>>,
    ) -> Option<Knock<S>> {
        tokio::select! {
            knock = tokio::time::timeout(HANDSHAKE_TIMEOUT, knock) => knock.ok().flatten(),
            () = place.evicted.cancelled() => None,
            () = self.jobs.stopping().cancelled() => None,
        }
    }

    async fn serve_http<S: Stream>(self: Arc<Self>, stream: Begun<S>, address: IpAddr, place: Place) {
        let evicted = place.evicted.clone();
        let stopping = self.jobs.stopping().clone();
        let place = Arc::new(std::sync::Mutex::new(Some(place)));
        let service = service_fn(move |request| {
            let (door, place) = (Arc::clone(&self), Arc::clone(&place));
            async move { Ok::<_, std::convert::Infallible>(door.answer(request, address, &place).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HANDSHAKE_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        tokio::select! {
            served = &mut connection => {
                if let Err(error) = served {
                    tracing::trace!(%error, "An HTTP connection ended early");
                }
            }
            // Too many wait: the oldest makes room.
            () = evicted.cancelled() => {}
            () = stopping.cancelled() => {}
        }
    }

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        address: IpAddr,
        place: &Arc<std::sync::Mutex<Option<Place>>>,
    ) -> Response<Body> {
        let take_place = || place.lock().ok().and_then(|mut place| place.take());
        let peer = match self.screen.look(address, request.uri(), request.headers()) {
            Ok(peer) => peer,
            Err(turned_away) => return turn_away(&turned_away),
        };
        if !wants_upgrade(request.headers()) {
            drop(take_place());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            return self.route(request).await;
        }
        if canvas::is_capability_path(request.uri().path()) {
            drop(take_place());
            return canvas::upgrade(self, request);
        }
        self.upgrade(request, peer, take_place())
    }

    /// Answers an upgrade on any path (protocol 2.1) and serves the WebSocket in a job of its own.
    pub(super) fn upgrade(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        peer: Peer,
        place: Option<Place>,
    ) -> Response<Body> {
        let Some(accept) = accept_key(request.headers()) else {
            return routes::plain(StatusCode::BAD_REQUEST, "This is not a WebSocket (RFC 6455) upgrade.\n");
        };
        let upgrade = hyper::upgrade::on(&mut request);
        let lobby = Arc::clone(&self.lobby);
        self.jobs.spawn(Job::Connection, async move {
            let Ok(upgraded) = upgrade.await else { return };
            let (stream, received) = raw(upgraded);
            let arrival = Arrival { stream, opening: Vec::new(), received, peer };
            serve(enter(lobby, arrival, evicted(place))).await;
        });
        switching(&accept)
    }
}

/// Returns the response that lets a WebSocket in.
pub(super) fn switching(accept: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, hyper::header::HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, hyper::header::HeaderValue::from_static("websocket"));
    if let Ok(accept) = accept.parse() {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// How a connection goes on after its first words.
enum Rest {
    WebSocket(Entering),
    Http(BoxFuture<'static, ()>),
}

/// Waits until the connection has to make room for another. Dropping the future gives the place up.
fn evicted(place: Option<Place>) -> BoxFuture<'static, ()> {
    async move {
        match &place {
            Some(place) => place.evicted.cancelled().await,
            None => std::future::pending().await,
        }
    }
    .boxed()
}

/// Takes the plain stream out of an upgraded connection: hyper's wrapper would cost a copy a read.
pub(super) fn raw(upgraded: Upgraded) -> (Box<dyn Stream>, Vec<u8>) {
    let upgraded = match begun::<TcpStream>(upgraded) {
        Ok(parts) => return parts,
        Err(upgraded) => upgraded,
    };
    let upgraded = match begun::<TlsStream<TcpStream>>(upgraded) {
        Ok(parts) => return parts,
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<tokio::net::UnixStream>>() {
        Ok(parts) => (Box::new(parts.io.into_inner()), parts.read_buf.to_vec()),
        Err(upgraded) => (Box::new(TokioIo::new(upgraded)), Vec::new()),
    }
}

fn begun<S: Stream>(upgraded: Upgraded) -> Result<(Box<dyn Stream>, Vec<u8>), Upgraded> {
    let parts = upgraded.downcast::<TokioIo<Begun<S>>>()?;
    let (stream, rest) = parts.io.into_inner().into_parts();
    Ok((Box::new(stream), [parts.read_buf.as_ref(), &rest].concat()))
}

pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub(super) fn turn_away(away: &TurnedAway) -> Response<Body> {
    let status = StatusCode::from_u16(away.status).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = routes::plain(status, away.message);
    // Whoever was turned away has no business on this connection.
    response.headers_mut().insert(CONNECTION, hyper::header::HeaderValue::from_static("close"));
    response
}

/// Largest request head in bytes.
pub(super) const MAX_HEAD: usize = 16 * 1024;
