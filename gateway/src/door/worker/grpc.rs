//! Workers over gRPC (docs/workers.md): one stream a connection, reports in, orders out; beside it the standard health
//! and reflection services, which are open to everyone.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Response as HttpResponse, Version};
use axum::middleware::{Next, from_fn_with_state};
use futures_util::Stream;
use futures_util::stream::unfold;
use nodes::work::grpc::pb::worker_server::{Worker, WorkerServer};
use nodes::work::grpc::{DESCRIPTOR, pb};
use nodes::work::wire::Order;
use schemas::bounds::{HANDSHAKE_TIMEOUT, MAX_OPEN_GRPC_STREAMS, MAX_WORKER_BODY, MAX_WORKER_ORDERS};
use schemas::error::DetailCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::connection::Lobby;
use crate::door::http2::PlaceOf;
use crate::methods::workers::refusal;
use crate::security::{Peer, WorkerPass};
use crate::supervise::Job;
use crate::work::{Line, Outlet, Owner, Refused};

/// Says whether a path is one of a gRPC service that is served here.
pub(in crate::door) fn is_service(path: &str) -> bool {
    let service = path.strip_prefix('/').and_then(|path| path.split_once('/')).map(|(service, _)| service);
    service.is_some_and(|service| service == SERVICE || OPEN.contains(&service))
}

/// Returns the routes of the services.
pub(super) fn routes(lobby: &Arc<Lobby>) -> Router<Arc<Lobby>> {
    let worker = WorkerServer::new(Carrier { lobby: Arc::clone(lobby) })
        .max_decoding_message_size(MAX_WORKER_BODY)
        .max_encoding_message_size(usize::MAX);
    let health = HealthReporter::new();
    let health_server = HealthServer::new(HealthService::from_health_reporter(health.clone()));
    lobby.services.jobs.spawn(Job::Connection, tell_health(health, lobby.services.jobs.stopping().clone()));
    let mut open = Router::new().route_service("/grpc.health.v1.Health/{*method}", health_server);
    match reflection() {
        Ok(services) => open = open.merge(services),
        Err(error) => tracing::error!(%error, "The gRPC reflection service is not served"),
    }
    let strangers = Arc::new(Semaphore::new(MAX_OPEN_GRPC_STREAMS));
    let worker = Router::new().route_service(&format!("/{SERVICE}/{{*method}}"), worker);
    open.layer(from_fn_with_state(strangers, few)).merge(worker).layer(axum::middleware::from_fn(over_http2))
}

/// Returns the reflection service in both versions that tools ask for.
fn reflection<S: Clone + Send + Sync + 'static>() -> Result<Router<S>, tonic_reflection::server::Error> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTOR)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (v1, v1alpha) = (builder().build_v1()?, builder().build_v1alpha()?);
    Ok(Router::new()
        .route_service("/grpc.reflection.v1.ServerReflection/{*method}", v1)
        .route_service("/grpc.reflection.v1alpha.ServerReflection/{*method}", v1alpha))
}

/// Says that workers are served, until they are not.
async fn tell_health(health: HealthReporter, stopping: CancellationToken) {
    health.set_service_status(SERVICE, ServingStatus::Serving).await;
    stopping.cancelled().await;
    for service in ["", SERVICE] {
        health.set_service_status(service, ServingStatus::NotServing).await;
    }
}

/// Refuses calls over HTTP/1: the status of a call could not be told.
async fn over_http2(request: HttpRequest, next: Next) -> HttpResponse<Body> {
    if request.version() == Version::HTTP_2 {
        return next.run(request).await;
    }
    let text = "gRPC is spoken over HTTP/2 here.\n";
    crate::door::routes::plain(axum::http::StatusCode::HTTP_VERSION_NOT_SUPPORTED, text)
}

/// Bounds the calls of strangers: each may last.
async fn few(State(places): State<Arc<Semaphore>>, request: HttpRequest, next: Next) -> HttpResponse<Body> {
    let Ok(place) = places.try_acquire_owned() else {
        return Status::resource_exhausted("too many calls are open: try again later").into_http();
    };
    let mut response = next.run(request).await;
    // A response's extensions live as long as its head alone; the body has to carry the place.
    let body = std::mem::take(response.body_mut());
    *response.body_mut() = Body::new(Placed { body, _place: place });
    response
}

/// A body with the place of its call.
#[derive(Debug)]
struct Placed {
    body: Body,
    _place: OwnedSemaphorePermit,
}

impl axum::body::HttpBody for Placed {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// The worker service.
#[derive(Debug)]
struct Carrier {
    lobby: Arc<Lobby>,
}

/// What goes to the worker: orders, and at the end why it is the end.
type Outgoing = Result<pb::Order, Status>;

#[tonic::async_trait]
impl Worker for Carrier {
    type WorkStream = std::pin::Pin<Box<dyn Stream<Item = Outgoing> + Send>>;

    async fn work(
        &self,
        request: Request<Streaming<pb::Report>>,
    ) -> Result<Response<Self::WorkStream>, Status> {
        let pass = self.admit(&request)?;
        if let Some(place) = request.extensions().get::<PlaceOf>() {
            place.leave();
        }
        let (out, orders) = mpsc::channel(MAX_WORKER_ORDERS);
        let outlet =
            Arc::new(Wire { lobby: Arc::clone(&self.lobby), pass, out, over: CancellationToken::new() });
        let services = &self.lobby.services;
        let owner = Owner::Token(Arc::clone(&outlet.pass.name));
        let line =
            Line::open(&services.workers, owner, "grpc", Arc::<Wire>::clone(&outlet) as Arc<dyn Outlet>);
        let session = Session { line, outlet };
        services.jobs.spawn(Job::Connection, session.serve(request.into_inner()));
        // It ends when the session has let go of the way out.
        let stream = unfold(orders, |mut orders| async move { Some((orders.recv().await?, orders)) });
        Ok(Response::new(Box::pin(stream)))
    }
}

impl Carrier {
    /// Returns whose token the call shows.
    fn admit<T>(&self, request: &Request<T>) -> Result<WorkerPass, Status> {
        let peer = request.extensions().get::<Peer>();
        let bearer = bearer(request.metadata());
        let security = &self.lobby.services.security;
        let pass = peer.zip(bearer).and_then(|(peer, bearer)| security.worker_pass(peer, bearer));
        pass.ok_or_else(unknown)
    }
}

fn bearer(metadata: &MetadataMap) -> Option<&str> {
    let (scheme, bearer) = metadata.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(bearer.trim())
}

fn unknown() -> Status {
    let text = "send the worker's token as authorization: Bearer TOKEN; workers.token.create makes one";
    status(Code::Unauthenticated, DetailCode::AuthTokenMismatch, text)
}

/// Returns an end with the stable code beside it.
fn status(code: Code, detail: DetailCode, text: impl Into<String>) -> Status {
    let mut metadata = MetadataMap::new();
    let name = serde_json::to_value(detail).ok().and_then(|name| name.as_str().map(str::to_owned));
    if let Some(name) = name.and_then(|name| MetadataValue::try_from(name).ok()) {
        metadata.insert(CODE, name);
    }
    Status::with_metadata(code, text, metadata)
}

fn refused(refused: &Refused) -> Status {
    let code = match refused {
        Refused::NameTaken(_) => Code::AlreadyExists,
        Refused::BadName(_) | Refused::Wrong(_) => Code::InvalidArgument,
        Refused::Unannounced => Code::FailedPrecondition,
        Refused::TooMany => Code::ResourceExhausted,
    };
    let error = refusal(refused);
    let detail = error.details.as_ref().and_then(|details| details.get("code"));
    let detail = detail.and_then(|code| serde_json::from_value(code.clone()).ok());
    status(code, detail.unwrap_or(DetailCode::WorkerReportInvalid), error.message)
}

/// The way out over one stream.
#[derive(Debug)]
struct Wire {
    lobby: Arc<Lobby>,
    pass: WorkerPass,
    out: mpsc::Sender<Outgoing>,
    over: CancellationToken,
}

impl Outlet for Wire {
    fn give(&self, orders: Vec<Order>) -> bool {
        let sent = orders.iter().all(|order| match pb::Order::of(order) {
            Ok(order) => self.out.try_send(Ok(order)).is_ok(),
            Err(error) => {
                tracing::error!(%error, "An order has no form for the wire");
                false
            }
        });
        if !sent {
            self.over.cancel();
        }
        sent
    }

    fn close(&self, _why: &str) {
        let end = if self.is_good() {
            let text = "another process with this token has taken the worker's place";
            status(Code::Aborted, DetailCode::WorkerReplaced, text)
        } else {
            unknown()
        };
        // No room: the stream ends without a word.
        drop(self.out.try_send(Err(end)));
        self.over.cancel();
    }
}

impl Wire {
    /// Says whether the token is still good.
    fn is_good(&self) -> bool {
        self.lobby.services.security.is_good(&self.pass)
    }
}

/// One connection of a worker.
struct Session {
    line: Line,
    outlet: Arc<Wire>,
}

impl Session {
    /// Hears the worker until it goes, or has to.
    async fn serve(self, mut reports: Streaming<pb::Report>) {
        let end = tokio::select! {
            end = self.hear(&mut reports) => end,
            end = self.look_in() => Some(end),
            () = self.outlet.over.cancelled() => None,
            () = self.outlet.out.closed() => None,
            () = self.outlet.lobby.services.jobs.stopping().cancelled() => {
                Some(Status::unavailable("the gateway stops"))
            }
        };
        if let Some(end) = end {
            tracing::debug!(worker = %self.outlet.pass.name, why = end.message(), "A worker's stream is ended");
            drop(self.outlet.out.try_send(Err(end)));
        }
    }

    /// Returns when the token is no longer good. A stream that is there is a worker that is alive, if it says nothing:
    /// its connection answers pings.
    async fn look_in(&self) -> Status {
        loop {
            tokio::time::sleep(LOOK).await;
            if !self.outlet.is_good() {
                return unknown();
            }
            // It may not have said who it is yet.
            drop(self.outlet.lobby.services.workers.alive(&self.line));
        }
    }

    /// Returns why the stream has to end; `None`: the worker ended it.
    async fn hear(&self, reports: &mut Streaming<pb::Report>) -> Option<Status> {
        let services = &self.outlet.lobby.services;
        let Ok(first) = tokio::time::timeout(HANDSHAKE_TIMEOUT, reports.message()).await else {
            return Some(refused(&Refused::Unannounced));
        };
        let mut next = first;
        loop {
            let report = match next {
                Ok(Some(report)) => report.read(),
                Ok(None) | Err(_) => return None,
            };
            let heard = match report {
                Ok(Some(report)) => services.workers.hear(&self.line, vec![report]),
                Ok(None) => Ok(()),
                Err(unreadable) => Err(Refused::Wrong(unreadable.to_string())),
            };
            if let Err(why) = heard {
                return Some(refused(&why));
            }
            next = reports.message().await;
        }
    }
}

const SERVICE: &str = "landline.worker.v1.Worker";
/// Services that ask for no token.
const OPEN: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];
/// The metadata with the stable code of a refusal.
const CODE: &str = "landline-code";
/// How often it is looked whether a stream's token is still good.
const LOOK: Duration = Duration::from_secs(5);
