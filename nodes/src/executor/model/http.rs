//! The way to an endpoint: requests, streams of events, and what their failures mean.
//!
//! The types of the requests are those of `async-openai`. Its client is not used: it repeats refused requests by itself, does
//! not say how long the endpoint wants to be left alone, and keeps what comes faster than it is taken.

use std::sync::Arc;
use std::time::Duration;

use async_openai::types::chat::CreateChatCompletionRequest;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

use crate::executor::{Failure, FailureClass};

/// The clients; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    /// To endpoints: by the machine's proxies, if it has any.
    pub(super) far: Client,
    /// To the gateway itself, on this machine.
    pub(super) near: Client,
}

/// There can be no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("there is no TLS: {0}")]
    Tls(#[from] Error),
    #[error("there is no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

impl Clients {
    pub(super) fn new() -> Result<Self, Unusable> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(concat!("landline/", env!("CARGO_PKG_VERSION")))
                // A redirect would carry the key to somebody that nobody named.
                .redirect(Policy::none())
                .http1_only()
                .connect_timeout(CONNECT)
                .pool_idle_timeout(IDLE)
        };
        Ok(Self { far: client().read_timeout(SILENCE).build()?, near: client().no_proxy().build()? })
    }
}

/// Where a model answers. Holds a key: it has no `Debug`.
pub(super) struct Target {
    pub(super) clients: Clients,
    pub(super) base_url: String,
    pub(super) key: Option<String>,
}

impl Target {
    /// Asks; returns once the answer begins.
    pub(super) async fn ask(&self, request: &CreateChatCompletionRequest) -> Result<Events, Failure> {
        let url = format!("{}/chat/completions", self.base_url.trim_end_matches('/'));
        let mut asked = self.clients.far.post(url).json(request);
        if let Some(key) = &self.key {
            asked = asked.bearer_auth(key);
        }
        let response = asked.send().await.map_err(|error| unreachable(&self.base_url, &error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(status, response).await);
        }
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            let message = format!("{} answered with {kind:?} and no stream of events", self.base_url);
            return Err(Failure::new(FailureClass::Validation, "garbage", message));
        }
        Ok(Events::new(response))
    }

    async fn refused(&self, status: StatusCode, response: Response) -> Failure {
        let pause = retry_after(response.headers());
        let body = first_bytes(response).await;
        let parsed: Value = serde_json::from_str(&body).unwrap_or_default();
        let said = parsed["error"]["message"].as_str().or_else(|| parsed["error"].as_str()).unwrap_or(&body);
        let said: String = said.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect();
        // Some endpoints repeat the key that they refuse.
        let said = self.key.as_ref().map_or_else(|| said.clone(), |key| said.replace(key, "[key]"));
        let class = match status.as_u16() {
            401 | 403 => FailureClass::Denied,
            429 => FailureClass::RateLimited,
            408 | 500.. => FailureClass::Network,
            _ => FailureClass::Validation,
        };
        let message = format!("{} answered {status}: {said}", self.base_url);
        Failure { retry_after_ms: pause, ..Failure::new(class, format!("http_{}", status.as_u16()), message) }
    }
}

/// Returns how long the other side wants to be left alone, in milliseconds; dates are not read.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(1000)
}

async fn first_bytes(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < MAX_REFUSAL {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(MAX_REFUSAL);
    String::from_utf8_lossy(&body).into_owned()
}

fn unreachable(what: &str, error: &reqwest::Error) -> Failure {
    // The error's own text has the address in it, and says little; its source says what happened.
    let why = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Failure::new(FailureClass::Network, "unreachable", format!("{what} does not answer: {why}"))
}

/// The events of an answer.
pub(super) struct Events {
    response: Response,
    buffer: Vec<u8>,
    data: String,
    ended: bool,
}

impl Events {
    pub(super) const fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new(), data: String::new(), ended: false }
    }

    /// Returns the data of the next event; `None` at the end of the stream, or at the event that says so.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            while let Some(line) = self.line() {
                if line.is_empty() && !self.data.is_empty() {
                    let data = std::mem::take(&mut self.data);
                    return Ok((data != "[DONE]").then_some(data));
                }
                self.keep(&line);
            }
            if self.ended {
                return Ok(None);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.buffer.extend_from_slice(&chunk),
                Ok(None) => {
                    self.ended = true;
                    self.buffer.extend_from_slice(b"\n\n");
                }
                Err(error) => {
                    let why =
                        std::error::Error::source(&error).map_or_else(String::new, |why| format!(": {why}"));
                    let message = format!("The stream of the answer broke{why}");
                    return Err(Failure::new(FailureClass::Network, "cut", message));
                }
            }
            if self.buffer.len() + self.data.len() > MAX_EVENT {
                let message = format!("The endpoint sent an event of more than {MAX_EVENT} bytes");
                return Err(Failure::new(FailureClass::Validation, "garbage", message));
            }
        }
    }

    fn keep(&mut self, line: &str) {
        let Some(text) = line.strip_prefix("data:") else { return };
        if !self.data.is_empty() {
            self.data.push('\n');
        }
        self.data.push_str(text.strip_prefix(' ').unwrap_or(text));
    }

    fn line(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned())
    }
}

const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(15);
/// How long an endpoint may say nothing.
const SILENCE: Duration = Duration::from_mins(5);
/// Bytes of one event.
const MAX_EVENT: usize = 8 * 1024 * 1024;
/// Bytes of a refusal that are read.
const MAX_REFUSAL: usize = 64 * 1024;
/// Characters of a refusal that are repeated.
const MAX_SAID: usize = 500;
