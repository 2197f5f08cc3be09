//! Nodes as people see them.

use schemas::Clock;
use schemas::methods::nodes::{ApprovalState, NodeDescribeOutput, NodePairRequest, NodeRow};

use crate::output::{BAD, BOLD, DIM, GOOD, Output, WARN};
use crate::text;

/// Shows a table of nodes.
pub(super) fn list(nodes: &[NodeRow], output: &Output) {
    if nodes.is_empty() {
        output.line("There is no node; on the other machine: landline node run, or openclaw node run");
        return;
    }
    let now = Clock::system().now();
    let heading =
        ["NODE", "NAME", "STATE", "APPROVED", "PLATFORM", "COMMANDS"].map(ToOwned::to_owned).to_vec();
    let rows = nodes.iter().map(|node| {
        vec![
            short(&node.node_id),
            name(node),
            seen(node, now),
            approval(node.approval_state).to_owned(),
            text::short(node.platform.as_deref().unwrap_or("unknown"), 24),
            node.commands.len().to_string(),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
    if nodes.iter().any(|node| node.pending_request_id.is_some()) {
        output.line(format_args!("{WARN}Some wait for approval{WARN:#}: landline nodes pending"));
    }
}

fn seen(node: &NodeRow, now: schemas::clock::Millis) -> String {
    match (node.connected, node.last_seen_at_ms) {
        (true, _) => "connected".into(),
        (false, Some(at)) => text::ago(now, at),
        (false, None) => "never".into(),
    }
}

fn approval(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Approved => "yes",
        ApprovalState::PendingReapproval => "yes, asks for more",
        ApprovalState::PendingApproval => "waits",
        ApprovalState::Unapproved => "no",
    }
}

/// Shows what waits.
pub(super) fn pending(requests: &[NodePairRequest], output: &Output) {
    if requests.is_empty() {
        output.line("No node waits for approval");
    }
    for waiting in requests {
        request(waiting, output);
    }
}

/// Shows one request whole: it is what somebody is about to allow.
pub(super) fn request(request: &NodePairRequest, output: &Output) {
    let known = [&request.display_name, &request.client_id, &request.platform, &request.remote_ip];
    let known: Vec<String> =
        known.into_iter().flatten().map(|part| text::short(&text::clean(part), 40)).collect();
    let again = if request.is_repair { " (approved already, asks for more)" } else { "" };
    output.line(format_args!(
        "{WARN}waiting{WARN:#}  {BOLD}{}{BOLD:#}  {}{again}",
        request.request_id,
        known.join(" · ")
    ));
    output.line(format_args!("  node     {}", request.node_id));
    output.line(format_args!("  offers   {}", joined(&request.commands)));
    output.line(format_args!("  families {}", joined(&request.caps)));
    if let Some(permissions) = &request.permissions {
        let granted: Vec<String> =
            permissions.iter().filter(|(_, granted)| **granted).map(|(name, _)| name.clone()).collect();
        output.line(format_args!("  may use  {}", joined(&granted)));
    }
    output.line(format_args!("  needs    {}", request.required_approve_scopes.join(" ")));
}

/// Shows one node with everything that is known of it.
pub(super) fn node(described: &NodeDescribeOutput, output: &Output) {
    let node = &described.node;
    let state = if node.connected {
        format!("{GOOD}connected{GOOD:#}")
    } else {
        format!("{BAD}not connected{BAD:#}, seen {}", seen(node, described.ts))
    };
    output.line(format_args!("{BOLD}{}{BOLD:#}  {state}", name(node)));
    output.line(format_args!("  node      {}", node.node_id));
    let program = [&node.client_id, &node.version, &node.platform, &node.device_family, &node.remote_ip];
    let program: Vec<String> = program.into_iter().flatten().map(|part| text::clean(part)).collect();
    output.line(format_args!("  program   {}", program.join(" · ")));
    output.line(format_args!("  approved  {}", approval(node.approval_state)));
    if let Some(request) = &node.pending_request_id {
        output.line(format_args!("  {WARN}waits{WARN:#}     landline nodes approve {request}"));
    }
    if let Some(stats) = &node.host_stats {
        output.line(format_args!(
            "  machine   {} processors, {} of {} memory free",
            stats.cpu_count,
            text::size(stats.memory_free_bytes),
            text::size(stats.memory_total_bytes)
        ));
    }
    if let Some(count) = node.pending_work {
        output.line(format_args!("  work      {count} pieces wait for it"));
    }
    for command in &node.commands {
        let takes = described.command_schemas.get(command).map(arguments).unwrap_or_default();
        output.line(format_args!("  {GOOD}can{GOOD:#}       {} {DIM}{takes}{DIM:#}", text::clean(command)));
    }
    for (command, why) in &described.withheld {
        output.line(format_args!("  {DIM}cannot    {}: {}{DIM:#}", text::clean(command), text::clean(why)));
    }
}

/// Returns the names of the arguments of a schema, those that must be there without brackets.
fn arguments(schema: &serde_json::Value) -> String {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let Some(properties) = schema["properties"].as_object() else { return String::new() };
    let name = |name: &String| {
        if required.contains(&name.as_str()) { name.clone() } else { format!("[{name}]") }
    };
    text::short(&text::clean(&properties.keys().map(name).collect::<Vec<_>>().join(" ")), 100)
}

/// Returns what a node is called.
pub(super) fn name(node: &NodeRow) -> String {
    let label = [&node.display_name, &node.client_id].into_iter().flatten().next();
    label.map_or_else(|| short(&node.node_id), |label| text::short(&text::clean(label), 40))
}

/// Returns the first characters of an id.
pub(super) fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { text::clean(&names.join(" ")) }
}
