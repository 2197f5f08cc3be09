//! Who sends a request, and that it was sent now, once, and in these words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request, StatusCode};
use schemas::bounds::{MAX_WORKER_BODY, MAX_WORKER_NONCES, WORKER_CLOCK_WINDOW};
use schemas::clock::Millis;
use schemas::error::DetailCode;

use super::http::Problem;
use super::sign::Signed;
use crate::connection::Lobby;
use crate::security::Peer;

/// A request that is what it says.
#[derive(Debug)]
pub(super) struct Admitted {
    /// The worker's name.
    pub(super) name: Arc<str>,
    /// The run that its signature says it is about.
    pub(super) run: String,
    /// The first step's number, likewise.
    pub(super) seq: u64,
    pub(super) body: Bytes,
}

/// Nonces that were used, until their time stamps are too old to be shown again.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<HashMap<(Arc<str>, String), Millis>>);

impl Nonces {
    /// Notes a nonce; says whether it is new, `None` if too many are remembered.
    fn note(&self, name: &Arc<str>, nonce: &str, now: Millis) -> Option<bool> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MAX_WORKER_NONCES {
            used.retain(|_, until| *until > now);
        }
        if used.len() >= MAX_WORKER_NONCES {
            return None;
        }
        // A time stamp may lie in the future by the whole window.
        let until = now + 2 * window();
        Some(used.insert((Arc::clone(name), nonce.to_owned()), until).is_none_or(|before| before <= now))
    }
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, MAX_WORKER_BODY)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            DetailCode::WorkerReportInvalid,
            "the body is larger than allowed",
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            DetailCode::Timeout,
            "the body did not come in time",
        )),
    }
}

/// Reads a request and checks everything about it but what it says.
pub(super) async fn admit(
    lobby: &Lobby,
    peer: &Peer,
    nonces: &Nonces,
    request: Request<Body>,
) -> Result<Admitted, Problem> {
    let (head, body) = request.into_parts();
    let bearer = bearer(&head.headers).ok_or_else(unknown)?;
    let name = lobby.services.security.worker_of(peer, bearer).ok_or_else(unknown)?;
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let missing = |name: &str| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            DetailCode::WorkerSignatureInvalid,
            format!("the header {name} is missing"),
        )
    };
    let part = |name: &'static str| header(name).ok_or_else(|| missing(name));
    let (timestamp, nonce, run, seq) = (part(TIMESTAMP)?, part(NONCE)?, part(RUN)?, part(SEQ)?);
    let signature = part(SIGNATURE)?;
    let now = lobby.services.clock.now();
    let sent: Millis = timestamp.parse().map_err(|_| stale(now))?;
    if (now - sent).abs() > window() {
        return Err(stale(now));
    }
    if nonce.is_empty() || nonce.len() > 64 {
        return Err(wrong(&format!("{NONCE}: 1 to 64 characters")));
    }
    let number = seq.parse().map_err(|_| wrong(&format!("{SEQ}: a number")))?;
    let body = read(body).await?;
    let signed = Signed {
        method: head.method.as_str(),
        path: head.uri.path(),
        timestamp,
        nonce,
        run,
        seq,
        body: &body,
    };
    if !signed.fits(bearer, signature) {
        return Err(wrong("the signature does not fit the request"));
    }
    // Only of requests that are genuine: nobody else can fill the memory of nonces.
    match nonces.note(&name, nonce, now) {
        Some(true) => Ok(Admitted { name, run: run.to_owned(), seq: number, body }),
        Some(false) => Err(Problem::new(
            StatusCode::CONFLICT,
            DetailCode::WorkerNonceReused,
            "this nonce was used before",
        )),
        None => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            DetailCode::Busy,
            "too many requests within ten minutes",
        )),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, bearer) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(bearer.trim())
}

fn unknown() -> Problem {
    let text = "send the worker's token as bearer: workers.token.create makes one";
    Problem::new(StatusCode::UNAUTHORIZED, DetailCode::AuthTokenMismatch, text)
}

fn wrong(text: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, DetailCode::WorkerSignatureInvalid, text)
}

fn stale(now: Millis) -> Problem {
    let text =
        format!("{TIMESTAMP} is more than five minutes away from the gateway's time, {now}: set the clock");
    Problem::new(StatusCode::UNAUTHORIZED, DetailCode::DeviceAuthSignatureExpired, text)
}

fn window() -> Millis {
    Millis::try_from(WORKER_CLOCK_WINDOW.as_millis()).unwrap_or(Millis::MAX)
}

const TIMESTAMP: &str = "landline-timestamp";
const NONCE: &str = "landline-nonce";
const RUN: &str = "landline-run";
const SEQ: &str = "landline-seq";
const SIGNATURE: &str = "landline-signature";
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_a_worker_until_its_time_is_over() {
        let nonces = Nonces::default();
        let (one, two): (Arc<str>, Arc<str>) = ("one".into(), "two".into());
        assert_eq!(nonces.note(&one, "n", 0), Some(true));
        assert_eq!(nonces.note(&one, "n", 1000), Some(false));
        assert_eq!(nonces.note(&two, "n", 1000), Some(true));
        assert_eq!(nonces.note(&one, "n", 2 * window() + 2000), Some(true));
    }

    #[test]
    fn the_memory_of_nonces_is_bounded() {
        let (nonces, name) = (Nonces::default(), Arc::from("one"));
        for n in 0..MAX_WORKER_NONCES {
            assert_eq!(nonces.note(&name, &n.to_string(), 0), Some(true));
        }
        assert_eq!(nonces.note(&name, "more", 1), None);
        assert_eq!(nonces.note(&name, "more", 2 * window() + 1), Some(true));
    }
}
