//! What is answered to `initialize`, `tools/list` and `tools/call`, over whichever transport.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
    ProgressNotificationParam, ServerCapabilities, ServerConfig, Tool as Shown, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, Peer, RoleServer, ServerHandler};
use tokio::time::{Instant, interval};

use crate::{Caller, answer};

/// Answers for the caller of each request, or for the one of the whole connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// Who calls over stdio; over HTTP each request brings its own.
    pub(crate) caller: Option<Arc<dyn Caller>>,
}

/// Who sent a request, as the door found out; travels beside the HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Sender(pub(crate) Arc<dyn Caller>);

impl Server {
    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Arc<dyn Caller>, ErrorData> {
        let sent = context.extensions.get::<axum::http::request::Parts>();
        let sender =
            sent.and_then(|parts| parts.extensions.get::<Sender>()).map(|sender| Arc::clone(&sender.0));
        let nobody = || ErrorData::internal_error("nobody is behind this request", None);
        sender.or_else(|| self.caller.clone()).ok_or_else(nobody)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("landline", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&context)?;
        let (session, agent) = (caller.session().is_some(), caller.is_agent());
        let shown = caller.tools().into_iter().map(|tool| {
            let hints = ToolAnnotations::new().read_only(tool.only_reads());
            Shown::new(tool.name, tool.about, tool.input_schema(session, agent)).with_annotations(hints)
        });
        Ok(ListToolsResult::with_all_items(shown.collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.caller(&context)?;
        let Some(tool) = caller.tools().into_iter().find(|tool| tool.name == request.name) else {
            let text = format!("there is no tool {:?}; tools/list names those there are", cut(&request.name));
            return Err(ErrorData::invalid_params(text, None));
        };
        let params = tool.params(request.arguments.unwrap_or_default(), caller.session(), &fresh());
        let calling = caller.call(tool, params);
        let answered = tokio::select! {
            answered = calling => answered,
            // Whoever asked is gone: dropping the call withdraws what it waits for.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("the call was given up", None)),
            never = show_life(&context) => match never {},
        };
        Ok(answer::result(answered).into())
    }
}

/// Tells a client that wants to know that the call is still alive: some calls wait for a person.
async fn show_life(context: &RequestContext<RoleServer>) -> std::convert::Infallible {
    let Some(token) = context.meta.get_progress_token() else { return std::future::pending().await };
    let (peer, began): (&Peer<RoleServer>, _) = (&context.peer, Instant::now());
    let mut beats = interval(BEAT);
    beats.tick().await;
    loop {
        beats.tick().await;
        let note = ProgressNotificationParam::new(token.clone(), began.elapsed().as_secs_f64().round());
        // A client that no longer listens cancels the call by itself.
        drop(peer.notify_progress(note.with_message("still waiting")).await);
    }
}

/// Returns an idempotency key that was never used.
fn fresh() -> String {
    format!("mcp-{}", uuid::Uuid::new_v4())
}

/// Returns at most so much of a name that a client made up.
fn cut(name: &str) -> &str {
    name.char_indices().nth(64).map_or(name, |(end, _)| &name[..end])
}

/// Time between two signs of life.
const BEAT: Duration = Duration::from_secs(10);

const INSTRUCTIONS: &str = "The tools of a Landline gateway: the nodes (phones, computers, screens) of the people you work \
    for, a canvas that they see live, and the chat that this conversation takes place in. Every call is checked by the \
    gateway; some wait until a person has approved them. A refusal says which rule it was and what to do.";
