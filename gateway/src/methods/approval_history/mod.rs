//! Requests for permission, open and past, as one list.

mod get;
mod history;
mod resolve;

pub use get::get;
pub use history::history;
pub use resolve::resolve;

use schemas::methods::approval_history::{
    ApprovalKind, ApprovalPresentation, ApprovalResolver, ApprovalSnapshot, ApprovalSource,
};
use schemas::methods::approvals::ApprovalRequest;

use crate::approvals::Why;
use crate::store::StoreError;
use crate::store::approvals::ApprovalRow;

fn snapshot(row: ApprovalRow) -> Result<ApprovalSnapshot, StoreError> {
    let request: ApprovalRequest =
        serde_json::from_str(&row.request).map_err(|_| StoreError::Corrupt { what: "approval" })?;
    let presentation = ApprovalPresentation {
        kind: ApprovalKind::Exec,
        command_preview: Some(request.command.chars().take(PREVIEW).collect()),
        command_text: request.command,
        warning_text: request.warning_text,
        host: Some(request.host),
        node_id: request.node_id,
        agent_id: request.agent_id.clone(),
        allowed_decisions: request.allowed_decisions,
    };
    let ended = row.decided_at.is_some();
    let gateway = ApprovalResolver { kind: "system".into(), id: "gateway".into() };
    // What expired or was withdrawn nobody decided.
    let undecided = matches!(row.state.as_str(), "expired" | "cancelled");
    let decision = row.decision.filter(|_| !undecided).and_then(|decision| decision.parse().ok());
    debug_assert!(row.reason.as_deref().is_none_or(|reason| reason.parse::<Why>().is_ok()));
    Ok(ApprovalSnapshot {
        url_path: format!("/#/approvals/{}", row.id),
        id: row.id,
        created_at_ms: row.created_at,
        expires_at_ms: row.expires_at,
        presentation,
        status: row.state,
        resolved_at_ms: row.decided_at,
        decision,
        reason: row.reason,
        resolver: ended.then(|| row.decided_by.map_or(gateway, resolver)),
        source: Some(ApprovalSource { agent_id: request.agent_id, session_key: request.session_key }),
    })
}

fn resolver(id: String) -> ApprovalResolver {
    let kind = match id.split(':').next() {
        Some("device") => "device",
        Some("token" | "local" | "gateway") => "runtime",
        _ => "channel",
    };
    ApprovalResolver { kind: kind.into(), id }
}

/// Characters of a command that are its preview.
const PREVIEW: usize = 120;
