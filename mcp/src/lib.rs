//! The gateway's tools over the Model Context Protocol: streamable HTTP for the door, stdio for the command line.
//!
//! The only crate that knows `rmcp`. It knows which tools there are and how MCP speaks of them; who may call what, and
//! what a call does, is the [`Caller`]'s business.

mod answer;
pub mod http;
mod server;
pub mod stdio;

use std::fmt::Debug;

use async_trait::async_trait;
use schemas::WireError;
use schemas::tools::Tool;
use serde_json::{Map, Value};

pub use http::Endpoint;

/// Whoever calls tools over one connection or by one request.
#[async_trait]
pub trait Caller: Debug + Send + Sync + 'static {
    /// Returns the tools it has, in order.
    fn tools(&self) -> Vec<&'static Tool>;

    /// Returns its conversation: filled in where a tool takes one.
    fn session(&self) -> Option<&str>;

    /// Says whether it is an agent: agents may give less than people.
    fn is_agent(&self) -> bool;

    /// Calls the tool's method with whole params and returns its output. Dropping the future gives the call up.
    async fn call(&self, tool: &'static Tool, params: Map<String, Value>) -> Result<Value, WireError>;
}
