//! Answers as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, Response};
use futures_util::stream::unfold;

use super::run::{Part, Run};

/// Writes the parts of a run as the events of one API.
pub(super) trait Script: Send + 'static {
    /// Returns the events before the first part.
    fn open(&mut self) -> Vec<Bytes>;

    /// Returns the events for a part.
    fn part(&mut self, part: Part) -> Vec<Bytes>;
}

struct State<S> {
    run: Option<Run>,
    script: S,
    ready: VecDeque<Bytes>,
}

/// Streams a run. The run is stopped when the client goes away: then the body is dropped, and the run with it.
pub(super) fn stream<S: Script>(run: Run, mut script: S) -> Response<Body> {
    let ready = script.open().into();
    let chunks = unfold(State { run: Some(run), script, ready }, |mut state| async move {
        loop {
            if let Some(chunk) = state.ready.pop_front() {
                return Some((Ok::<_, Infallible>(chunk), state));
            }
            let part = state.run.as_mut()?.next().await;
            if matches!(part, Part::End(_)) {
                state.run = None;
            }
            state.ready = match part {
                Part::Still => [Bytes::from_static(b": still here\n\n")].into(),
                part => state.script.part(part).into(),
            };
        }
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would hold the stream back until it ends.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Returns an event of one line of data.
pub(super) fn data<T: serde::Serialize>(value: &T) -> Bytes {
    Bytes::from(format!("data: {}\n\n", serde_json::to_string(value).unwrap_or_default()))
}

/// Returns an event with a name.
pub(super) fn named<T: serde::Serialize>(name: &str, value: &T) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {}\n\n", serde_json::to_string(value).unwrap_or_default()))
}
