//! MCP over streamable HTTP, one request at a time: each brings its bearer, so there are no sessions to keep, to steal
//! or to lose with a restart.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, request::Parts};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::Caller;
use crate::server::{Sender, Server};

/// Answers MCP requests. Whom each comes from is for the door to find out.
#[derive(Clone)]
pub struct Endpoint(StreamableHttpService<Server, NeverSessionManager>);

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Makes an endpoint that takes bodies of up to `max_body` bytes and ends every answer with `stopping`.
    ///
    /// Host and Origin are not looked at here: the door has done so.
    pub fn new(max_body: usize, stopping: CancellationToken) -> Self {
        let mut config =
            StreamableHttpServerConfig::default().disable_allowed_hosts().disable_allowed_origins();
        config.legacy_session_mode = false;
        config.max_request_body_bytes = max_body;
        config.sse_keep_alive = Some(KEEP_ALIVE);
        config.cancellation_token = stopping;
        Self(StreamableHttpService::new(|| Ok(Server::default()), Arc::default(), config))
    }

    /// Answers one request of `caller`. The answer to a call is a stream that is kept alive while the call lasts;
    /// dropping it gives the call up.
    pub async fn answer(&self, mut head: Parts, body: Bytes, caller: Arc<dyn Caller>) -> Response<Body> {
        head.extensions.insert(Sender(caller));
        self.0.handle(Request::from_parts(head, Body::from(body))).await.map(Body::new)
    }
}

/// What a request is about, as far as the door must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A call, with its id as JSON text.
    Call(String),
    /// The client gives up the call of that id.
    Cancel(String),
    /// Anything else, nonsense included.
    Other,
}

/// Looks into a request's body.
pub fn about(body: &[u8]) -> About {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Peek {
        method: String,
        #[serde(default)]
        id: Option<serde_json::Value>,
        #[serde(default)]
        params: Option<Given>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Given {
        #[serde(default)]
        request_id: Option<serde_json::Value>,
    }
    let Ok(peek) = serde_json::from_slice::<Peek>(body) else { return About::Other };
    match (&*peek.method, peek.id, peek.params.and_then(|given| given.request_id)) {
        ("tools/call", Some(id), _) => About::Call(id.to_string()),
        ("notifications/cancelled", None, Some(id)) => About::Cancel(id.to_string()),
        _ => About::Other,
    }
}

/// Time between two signs of life on an answer that is not there yet: less than proxies and clients wait.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_their_ends_are_told_apart() {
        let look = |text: &str| about(text.as_bytes());
        let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"requestId":1}}}"#;
        assert_eq!(look(call), About::Call("7".into()));
        let cancel =
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"no"}}"#;
        assert_eq!(look(cancel), About::Cancel("7".into()));
        let named = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}"#;
        assert_eq!(look(named), About::Cancel("\"7\"".into()));
        for other in ["", "[]", "nonsense", r#"{"method":"tools/list","id":1}"#, r#"{"method":"tools/call"}"#]
        {
            assert_eq!(look(other), About::Other, "{other}");
        }
    }
}
