//! `/mcp`: the tools, for agents and other MCP clients. A bearer on every request says who calls; a call goes through
//! the same table as every other request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use mcp::http::{About, about};
use schemas::bounds::{MAX_MCP_BODY, MAX_MCP_CALLS, MCP_BODY_TIMEOUT, MCP_CALL_TIMEOUT};
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::frame::ResponseFrame;
use schemas::tools::{TOOLS, Tool};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::routes::plain;
use crate::connection::Lobby;
use crate::hub::Member;
use crate::methods::{Answer, Caller as Calls};
use crate::security::{Holder, Passes, Peer, Principal, ToolSet};

/// Who may come in by a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Agents, and whoever holds the shared token.
    Everyone,
    /// Agents alone.
    Agents,
}

/// What all requests to `/mcp` share.
#[derive(Clone, Debug)]
pub(super) struct Tools(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    endpoint: mcp::Endpoint,
    whom: For,
    /// Calls of everyone.
    room: Semaphore,
    /// Calls of agents that go on, by the pass's number and the call's id: each run is one client, so an id names one
    /// call. Clients with the shared token cannot be told apart; theirs end when they hang up.
    alive: Mutex<HashMap<(u64, String), CancellationToken>>,
}

impl Tools {
    /// Makes the endpoint; what it answers ends with `stopping`.
    pub(super) fn new(stopping: &CancellationToken, whom: For) -> Self {
        Self(Arc::new(Inner {
            endpoint: mcp::Endpoint::new(MAX_MCP_BODY, stopping.child_token()),
            whom,
            room: Semaphore::new(MAX_MCP_CALLS),
            alive: Mutex::default(),
        }))
    }

    fn alive(&self) -> MutexGuard<'_, HashMap<(u64, String), CancellationToken>> {
        self.0.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a request: first who sends it, then what it says.
pub(super) async fn serve(
    State(lobby): State<Arc<Lobby>>,
    Extension(peer): Extension<Peer>,
    Extension(tools): Extension<Tools>,
    request: Request<Body>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Some(from) = admit(&lobby, &peer, tools.0.whom, &head.headers) else { return unknown() };
    let body = match tokio::time::timeout(MCP_BODY_TIMEOUT, to_bytes(body, MAX_MCP_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than allowed.\n"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "The request did not come in time.\n"),
    };
    let guest = Guest::new(&lobby, &tools, from, &body);
    tools.0.endpoint.answer(head, body, Arc::new(guest)).await
}

/// Who sends a request.
struct Known {
    principal: Principal,
    tools: ToolSet,
    /// Set for an agent.
    pass: Option<Holder>,
}

/// An agent by the pass of its run, or whoever holds the shared token. Nothing that a browser sends by itself counts.
fn admit(lobby: &Lobby, peer: &Peer, whom: For, headers: &HeaderMap) -> Option<Known> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, bearer) = given.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer").then_some(bearer.trim())?;
    let security = &lobby.services.security;
    if Passes::is_one(bearer) {
        let pass = security.passes().holder(bearer)?;
        return Some(Known {
            principal: pass.principal.clone(),
            tools: pass.tools.clone(),
            pass: Some(pass),
        });
    }
    (whom == For::Everyone && security.check_bearer(peer, Some(bearer))).then(|| Known {
        principal: Principal { actor: "token".into(), ..Principal::gateway() },
        tools: ToolSet::All,
        pass: None,
    })
}

fn unknown() -> Response<Body> {
    let text = "Send the gateway's token, or the pass of a run that is alive, as bearer.\n";
    let mut response = plain(StatusCode::UNAUTHORIZED, text);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Whoever sent one request.
#[derive(Debug)]
struct Guest {
    lobby: Arc<Lobby>,
    tools: Tools,
    member: Arc<Member>,
    set: ToolSet,
    pass: Option<Holder>,
    /// Cancelled when the client gives the call up; the run's end cancels it too.
    over: CancellationToken,
    /// The call's entry among those that go on.
    entry: Option<(u64, String)>,
}

impl Guest {
    fn new(lobby: &Arc<Lobby>, tools: &Tools, from: Known, body: &Bytes) -> Self {
        let mut entry = None;
        let mut over = CancellationToken::new();
        if let Some(pass) = &from.pass {
            over = pass.ended.child_token();
            match about(body) {
                About::Call(id) => {
                    let key = (pass.number, id);
                    tools.alive().insert(key.clone(), over.clone());
                    entry = Some(key);
                }
                About::Cancel(id) => {
                    if let Some(call) = tools.alive().remove(&(pass.number, id)) {
                        call.cancel();
                    }
                }
                About::Other => {}
            }
        }
        let id = format!("mcp-{}", uuid::Uuid::new_v4());
        let member = Arc::new(Member::new(id.into(), from.principal, false));
        let (lobby, tools) = (Arc::clone(lobby), tools.clone());
        Self { lobby, tools, member, set: from.tools, pass: from.pass, over, entry }
    }

    /// Takes places for one call.
    fn room(&self) -> Result<(SemaphorePermit<'_>, Option<SemaphorePermit<'_>>), WireError> {
        let busy = |_| {
            let text = "too many tool calls at once; wait for some to end";
            WireError::unavailable(text).detail(DetailCode::Busy).retry_after(BUSY_WAIT)
        };
        let own = self.pass.as_ref().map(|pass| pass.room.try_acquire()).transpose().map_err(busy)?;
        Ok((self.tools.0.room.try_acquire().map_err(busy)?, own))
    }

    async fn through_the_table(&self, tool: &Tool, params: Map<String, Value>) -> Result<Value, WireError> {
        let params = serde_json::value::to_raw_value(&params)
            .map_err(|error| WireError::invalid(format!("the arguments are no JSON: {error}")))?;
        let calls = Calls { services: &self.lobby.services, member: &self.member };
        let frame = match self.lobby.table.answer(&calls, &self.member.id, tool.method, Some(&params)) {
            Answer::Ready(frame) | Answer::Refused(frame) => frame,
            Answer::Later { answer, .. } => tokio::select! {
                frame = tokio::time::timeout(MCP_CALL_TIMEOUT, answer) => frame.map_err(|_| too_long())?,
                () = self.over.cancelled() => return Err(given_up()),
            },
        };
        let frame: ResponseFrame = serde_json::from_slice(&frame).map_err(|_| {
            WireError::new(ErrorCode::InternalError, "internal error; the gateway's log has the cause")
        })?;
        match frame.error {
            Some(error) => Err(error),
            None => Ok(frame.payload.unwrap_or(Value::Null)),
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Some(key) = &self.entry {
            self.tools.alive().remove(key);
        }
    }
}

#[async_trait]
impl mcp::Caller for Guest {
    fn tools(&self) -> Vec<&'static Tool> {
        let agent = self.is_agent();
        let listed = |tool: &&Tool| {
            self.lobby.table.has(tool.method) && (tool.for_agents || !agent) && self.set.has(tool.name)
        };
        TOOLS.iter().filter(listed).collect()
    }

    fn session(&self) -> Option<&str> {
        self.member.principal.session.as_deref()
    }

    fn is_agent(&self) -> bool {
        self.pass.is_some()
    }

    async fn call(&self, tool: &'static Tool, params: Map<String, Value>) -> Result<Value, WireError> {
        let since = Instant::now();
        let answered = match self.room() {
            Ok(_room) => self.through_the_table(tool, params).await,
            Err(busy) => Err(busy),
        };
        let who = &self.member.principal;
        tracing::info!(
            actor = %who.actor,
            session = who.session.as_deref(),
            tool = tool.name,
            error = answered.as_ref().err().map(|error| error.code.to_string()),
            ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
            "A tool was called"
        );
        answered
    }
}

fn given_up() -> WireError {
    WireError::unavailable("the call was given up, or its run has ended")
}

fn too_long() -> WireError {
    let limit = MCP_CALL_TIMEOUT.as_secs() / 60;
    WireError::unavailable(format!(
        "the call took longer than {limit} minutes; what it began may still be going on"
    ))
}

/// What a refused caller waits before it tries again, in milliseconds.
const BUSY_WAIT: u64 = 2000;
