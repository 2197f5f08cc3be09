//! MCP over stdin and stdout, for clients that start a program.

use std::sync::Arc;

use rmcp::ServiceExt as _;

use crate::Caller;
use crate::server::Server;

/// Why nothing more is served.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The client did not begin as MCP begins.
    #[error("the program at the other end does not speak MCP: {0}")]
    Handshake(String),
    /// A bug ended the service.
    #[error("the service ended: {0}")]
    Ended(String),
}

/// Serves `caller` until stdin ends. Nothing else may be written to stdout meanwhile.
pub async fn serve(caller: Arc<dyn Caller>) -> Result<(), StdioError> {
    let server = Server { caller: Some(caller) };
    let running = match server.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(StdioError::Handshake(error.to_string())),
    };
    running.waiting().await.map(drop).map_err(|error| StdioError::Ended(error.to_string()))
}
