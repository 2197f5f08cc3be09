//! `landline mcp`: the gateway's tools over stdin and stdout, for any MCP client that starts a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use nodes::client::{CallError, Client};
use schemas::WireError;
use schemas::bounds::MCP_CALL_TIMEOUT;
use schemas::tools::{TOOLS, Tool};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::reach;

/// Arguments of `landline mcp`.
#[derive(Debug, clap::Args)]
pub(crate) struct McpArgs {
    /// Act in this conversation: tools that take one get it by themselves
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Print the tools and end
    #[arg(long)]
    list: bool,
}

/// Serves until stdin ends. Only the protocol goes to stdout; what people should know goes to stderr.
pub(crate) async fn run(global: &Global, args: McpArgs, output: &Output) -> Outcome {
    let line = Line::open(global.clone()).await?;
    let desk = Desk {
        session: args.session,
        tools: line.tools.clone(),
        line: Mutex::new(line),
        again: global.clone(),
    };
    if args.list {
        list(&desk.tools, output);
        return Ok(());
    }
    mcp::stdio::serve(Arc::new(desk)).await.map_err(|error| {
        Failure::failed(error.to_string())
            .hint("this command is for MCP clients: name it as their server's command")
    })
}

fn list(tools: &[&'static Tool], output: &Output) {
    let shown: Vec<_> = tools
        .iter()
        .map(|tool| json!({"name": tool.name, "method": tool.method, "agents": tool.for_agents, "about": tool.about}))
        .collect();
    output.show(&shown, |_, output| {
        let heading = ["TOOL", "METHOD", "FOR AGENTS"].map(ToOwned::to_owned).to_vec();
        let rows = tools.iter().map(|tool| {
            let agents = if tool.for_agents { "yes" } else { "no" };
            vec![tool.name.to_owned(), tool.method.to_owned(), agents.to_owned()]
        });
        output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
    });
}

/// A connection to the gateway.
#[derive(Debug)]
struct Line {
    client: Client,
    tools: Vec<&'static Tool>,
    number: u64,
}

impl Line {
    async fn open(global: Global) -> Result<Self, Failure> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let connection = reach::connect(&global).await?;
        let offered = &connection.hello.features.methods;
        let tools = TOOLS.iter().filter(|tool| offered.iter().any(|method| method == tool.method)).collect();
        let client = connection.client.with_timeout(MCP_CALL_TIMEOUT);
        Ok(Self { client, tools, number: OPENED.fetch_add(1, Ordering::Relaxed) })
    }
}

/// The operator who calls: a client may live for days, so a lost connection is opened again.
#[derive(Debug)]
struct Desk {
    session: Option<String>,
    tools: Vec<&'static Tool>,
    line: Mutex<Line>,
    again: Global,
}

impl Desk {
    async fn client(&self) -> (Client, u64) {
        let line = self.line.lock().await;
        (line.client.clone(), line.number)
    }

    /// Opens the line again, unless somebody has done so since.
    async fn reopen(&self, lost: u64) -> Result<Client, WireError> {
        let mut line = self.line.lock().await;
        if line.number == lost {
            let failed = |failure: Failure| WireError::unavailable(failure.message);
            *line = Line::open(self.again.clone()).await.map_err(failed)?;
        }
        Ok(line.client.clone())
    }
}

#[async_trait]
impl mcp::Caller for Desk {
    fn tools(&self) -> Vec<&'static Tool> {
        self.tools.clone()
    }

    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    fn is_agent(&self) -> bool {
        false
    }

    async fn call(&self, tool: &'static Tool, params: Map<String, Value>) -> Result<Value, WireError> {
        let params = Value::Object(params);
        let (client, number) = self.client().await;
        let answered = match once(&client, tool, params.clone()).await {
            // The same idempotency key goes along, so nothing is done twice that must not be.
            Err(CallError::Closed(_)) => once(&self.reopen(number).await?, tool, params).await,
            answered => answered,
        };
        answered.map_err(|error| match error {
            CallError::Refused(error) => error,
            other => WireError::unavailable(other.to_string()),
        })
    }
}

/// Calls the method; of two answers the last is the one that counts.
async fn once(client: &Client, tool: &Tool, params: Value) -> Result<Value, CallError> {
    if tool.method == "agent" {
        return client.call_two_phase(tool.method, params).await?.last(MCP_CALL_TIMEOUT).await;
    }
    client.call_raw(tool.method, params).await
}
