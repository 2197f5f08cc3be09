//! Every way in which an invocation fails: code, message, details (protocol 8.3).

use schemas::error::{DetailCode, WireError};
use schemas::methods::nodes::NodeError;
use serde_json::json;

use super::Invocation;
use super::commands::Withheld;
use super::platform::Platform;
use crate::store::nodes::NodeRecord;

/// The node is not known, is another organisation's, or was removed meanwhile.
pub(super) fn pairing_changed() -> WireError {
    WireError::unavailable("no such node, or its pairing changed meanwhile; run `landline nodes list`")
        .detail(DetailCode::PairingChanged)
}

pub(super) fn not_connected() -> WireError {
    let text = "node not connected";
    WireError::unavailable(text).details(json!({
        "code": DetailCode::NotConnected,
        "nodeError": { "code": "NOT_CONNECTED", "message": text },
        "nodeCommandDispatched": false,
    }))
}

/// The node went away after it was asked.
pub(super) fn gone(why: &str) -> WireError {
    let text = format!("node disconnected ({why})");
    failed(&NodeError { code: Some("NOT_CONNECTED".into()), message: Some(text) }, true)
}

pub(super) fn timed_out(dispatched: bool) -> WireError {
    let error = NodeError { code: Some("TIMEOUT".into()), message: Some("node invoke timed out".into()) };
    failed(&error, dispatched)
}

/// The node said no.
pub(super) fn failed(error: &NodeError, dispatched: bool) -> WireError {
    let code = error.code.as_deref().filter(|code| !code.is_empty()).unwrap_or("UNAVAILABLE");
    let message = error.message.as_deref().filter(|text| !text.is_empty()).unwrap_or("node invoke failed");
    let text = format!("{}: {}", short(code, 64), short(message, 2000));
    WireError::unavailable(text).details(json!({
        "code": code_of(code),
        "nodeError": { "code": short(code, 64), "message": short(message, 2000) },
        "nodeCommandDispatched": dispatched,
    }))
}

/// The command waits until the node's app is in the foreground.
pub(super) fn postponed(call: &Invocation, id: &str, error: &NodeError) -> WireError {
    let text = "the command waits until the node's app is in the foreground";
    WireError::unavailable(text).details(json!({
        "code": DetailCode::QueuedUntilForeground,
        "queuedActionId": id,
        "nodeId": call.node_id,
        "command": call.command,
        "nodeError": error,
        "nodeCommandDispatched": true,
    }))
}

/// Codes of ours stand in `details.code` too.
fn code_of(code: &str) -> Option<DetailCode> {
    match code {
        "NOT_CONNECTED" => Some(DetailCode::NotConnected),
        "TIMEOUT" => Some(DetailCode::Timeout),
        _ => None,
    }
}

pub(super) fn withheld(record: &NodeRecord, command: &str, why: Withheld) -> WireError {
    let why_not = why_not(record, command, why);
    let text = format!("node command not allowed: \"{}\": {why_not}", short(command, 128));
    WireError::invalid(text).details(json!({
        "code": DetailCode::NodeCommandNotAllowed, "reason": why.reason(), "command": short(command, 128),
    }))
}

/// Says for people why a command cannot be called, and what helps.
pub(super) fn why_not(record: &NodeRecord, command: &str, why: Withheld) -> String {
    let about = &record.about;
    let platform = Platform::of(about.platform.as_deref(), about.device_family.as_deref());
    let waits = record.pending.is_some() && record.declared.commands.iter().any(|known| known == command);
    match why {
        Withheld::NotDeclared | Withheld::NothingDeclared if waits => {
            "it waits for approval; run `landline nodes pending`, then `landline nodes approve`".to_owned()
        }
        Withheld::NotDeclared => format!("the node (platform: {platform}) does not offer it"),
        Withheld::NothingDeclared => "the node offers no commands".to_owned(),
        Withheld::Denied => "`[nodes.commands] deny` names it".to_owned(),
        Withheld::Dangerous => "it needs to be named in `[nodes.commands] allow`".to_owned(),
        Withheld::NotListed => {
            format!("nodes of platform {platform} may not do it; `[nodes.commands] allow` can name it")
        }
    }
}

pub(super) fn exec_approvals(command: &str) -> WireError {
    let text = "node.invoke does not allow system.execApprovals.*; use exec.approvals.node.*";
    WireError::invalid(text).details(json!({ "command": short(command, 128) }))
}

pub(super) fn browser_profiles(command: &str) -> WireError {
    let text = format!("node.invoke cannot change persistent browser profiles via {}", short(command, 128));
    WireError::invalid(text).details(json!({ "command": short(command, 128) }))
}

pub(super) fn busy(which: &str) -> WireError {
    WireError::unavailable(format!("too many requests wait for {which}; try again when some are answered"))
        .detail(DetailCode::Busy)
        .retry_after(500)
}

/// Returns at most so many characters of what a node or caller wrote.
pub(super) fn short(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
