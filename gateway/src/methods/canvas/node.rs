//! Canvas commands of nodes (protocol 8.4).

use std::time::Duration;

use schemas::Role;
use schemas::error::WireError;
use serde_json::Value;

use crate::canvas::{Sheet, base_url};
use crate::fleet::{Answered, Invocation};
use crate::methods::Call;

/// Asks a node to do something with its canvas; every rule of `node.invoke` holds.
pub(super) async fn invoke(
    call: &Call,
    sheet: &Sheet,
    node: &str,
    command: &str,
    params: Value,
    timeout: Option<Duration>,
) -> Result<Answered, WireError> {
    let invocation = Invocation {
        node_id: node.to_owned(),
        command: command.to_owned(),
        params,
        timeout,
        session_key: Some(sheet.key.to_string()),
        ..Invocation::default()
    };
    call.services.fleet.invoke(call.who(), invocation).await
}

/// Makes a URL that opens a session's canvas on a node, and nothing else; `None`: the node is not connected.
pub(super) fn url_for(call: &Call, sheet: &Sheet, node: &str, tail: &str) -> Option<String> {
    let services = &call.services;
    let member = services.hub.find_device(node, Role::Node);
    let member = member.filter(|member| member.principal.org == call.who().org)?;
    let issued = services.canvas.issue(&member, Some(sheet.key.clone()));
    let base = base_url(&services.security.gateway_url(), &issued.token);
    Some(format!("{base}/__openclaw__/{tail}"))
}
