//! HTTP/2 on the one port: what gRPC needs, with everything else behind the same router. What is asked of a request is
//! asked here as well; a connection that only speaks with the services open to strangers counts as half-open.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use schemas::bounds::{
    HANDSHAKE_TIMEOUT, HTTP2_CONNECTION_WINDOW, HTTP2_IDLE, HTTP2_PING, HTTP2_PING_TIMEOUT,
    HTTP2_STREAM_WINDOW, MAX_HTTP2_STREAMS,
};
use tokio::sync::watch;
use tonic::Status;

use super::half_open::Place;
use super::knock::Begun;
use super::listener::{Door, MAX_HEAD, turn_away};
use super::worker::grpc;
use crate::connection::Stream;
use crate::supervise::{Job, Jobs};

/// The place of a connection that has not shown who it is; whoever admits it takes it.
#[derive(Clone, Debug)]
pub(super) struct PlaceOf(Arc<Mutex<Option<Place>>>);

impl PlaceOf {
    /// Gives the place up: the connection is no stranger's any more.
    pub(super) fn leave(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Door {
    pub(super) async fn serve_http2<S: Stream>(
        self: Arc<Self>,
        stream: Begun<S>,
        address: IpAddr,
        place: Place,
    ) {
        let (evicted, stopping) = (place.evicted.clone(), self.jobs().stopping().clone());
        let (place, live) = (PlaceOf(Arc::new(Mutex::new(Some(place)))), Live::default());
        let (streams, jobs) = (live.clone(), self.jobs().clone());
        let service = service_fn(move |request| {
            let (door, place, open) = (Arc::clone(&self), place.clone(), streams.open());
            async move {
                let response = door.answer_http2(request, address, &place).await;
                Ok::<_, std::convert::Infallible>(response.map(|body| Counted { body, _open: open }))
            }
        });
        let connection = http2::Builder::new(OnJobs(jobs))
            .timer(TokioTimer::new())
            .initial_stream_window_size(HTTP2_STREAM_WINDOW)
            .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
            .max_concurrent_streams(MAX_HTTP2_STREAMS)
            .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
            .max_send_buf_size(usize::try_from(HTTP2_STREAM_WINDOW).unwrap_or(usize::MAX))
            .keep_alive_interval(HTTP2_PING)
            .keep_alive_timeout(HTTP2_PING_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            served = &mut connection => {
                if let Err(error) = served {
                    tracing::trace!(%error, "An HTTP/2 connection ended early");
                }
                return;
            }
            // Too many wait: the oldest makes room.
            () = evicted.cancelled() => return,
            () = stopping.cancelled() => {}
            () = live.unused() => {}
        }
        connection.as_mut().graceful_shutdown();
        // Whoever does not go by then is cut off.
        drop(tokio::time::timeout(GOODBYE, connection).await);
    }

    async fn answer_http2(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        address: IpAddr,
        place: &PlaceOf,
    ) -> Response<Body> {
        if name_host(&mut request).is_err() {
            return Status::invalid_argument("the authority is no host").into_http();
        }
        let peer = match self.screen().look(address, request.uri(), request.headers()) {
            Ok(peer) => peer,
            Err(turned_away) if is_grpc(&request) => {
                return Status::permission_denied(turned_away.message.trim_end()).into_http();
            }
            Err(turned_away) => return turn_away(&turned_away),
        };
        let known = grpc::is_service(request.uri().path());
        if is_grpc(&request) && !known {
            return Status::unimplemented("there is no such gRPC service here").into_http();
        }
        if !known {
            place.leave();
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(place.clone());
        self.route(request).await
    }
}

/// Makes the host of the address the one of the head: all that look at hosts look there.
fn name_host(request: &mut Request<Incoming>) -> Result<(), hyper::header::InvalidHeaderValue> {
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(HOST, host);
    }
    Ok(())
}

fn is_grpc(request: &Request<Incoming>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Runs what hyper starts for each stream as what it is: a part of the connection.
#[derive(Clone, Debug)]
struct OnJobs(Jobs);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for OnJobs {
    fn execute(&self, work: F) {
        self.0.spawn(Job::Connection, work);
    }
}

/// How many streams of a connection are open.
#[derive(Clone, Debug)]
struct Live(watch::Sender<usize>);

/// A stream that is open.
#[derive(Debug)]
struct Open(watch::Sender<usize>);

impl Default for Live {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Live {
    fn open(&self) -> Open {
        self.0.send_modify(|open| *open += 1);
        Open(self.0.clone())
    }

    /// Waits until no stream was opened in time, or none was open for a while.
    async fn unused(&self) {
        let mut open = self.0.subscribe();
        let mut patience = HANDSHAKE_TIMEOUT;
        while tokio::time::timeout(patience, open.wait_for(|open| *open > 0)).await.is_ok() {
            // The sender is `self`: it cannot be gone.
            let _ = open.wait_for(|open| *open == 0).await;
            patience = HTTP2_IDLE;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A response's body that counts as an open stream.
#[derive(Debug)]
struct Counted {
    body: Body,
    _open: Open,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How long the other side may take to end a connection that it was asked to end.
const GOODBYE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_streams_is_unused_after_a_while() {
        let live = Live::default();
        let began = tokio::time::Instant::now();
        live.unused().await;
        assert_eq!(began.elapsed(), HANDSHAKE_TIMEOUT);
        let stream = live.open();
        let began = tokio::time::Instant::now();
        let ending = async {
            tokio::time::sleep(HTTP2_IDLE * 3).await;
            drop(stream);
        };
        tokio::join!(live.unused(), ending);
        assert_eq!(began.elapsed(), HTTP2_IDLE * 4, "a stream that is open is use");
    }
}
