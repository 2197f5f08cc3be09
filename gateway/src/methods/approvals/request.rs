//! `exec.approval.request`: somebody who is to do something asks whether they may.

use std::path::Path;
use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::approvals::{
    ApprovalAccepted, ApprovalAskParams, ApprovalDecided, ApprovalDecision, ApprovalRequest,
};

use super::decided;
use crate::approvals::{Ask, DEFAULT_LIFE, binding};
use crate::methods::Call;

/// Asks; answers when it is decided. Nobody there who could answer: at once, without a decision.
pub async fn request(call: Call, params: ApprovalAskParams) -> Result<ApprovalDecided, WireError> {
    let (two_phase, needs_route) =
        (params.two_phase == Some(true), params.require_delivery_route != Some(false));
    let ask = ask_of(&call, params)?;
    let approvals = &call.services.approvals;
    // Whoever asks is not asked.
    let asks = |member: &crate::hub::Member| member.id == call.member.id;
    let somebody = approvals.has_approver(&call.who().org, asks);
    if !somebody && needs_route {
        return Ok(super::row_decided(&approvals.refuse(ask).await?));
    }
    // It stays open when the asker's connection breaks: `exec.approval.waitDecision` takes it up again.
    let pending = approvals.open(ask).await?.let_go();
    let (created_at_ms, expires_at_ms) = (pending.created_at(), pending.expires_at());
    let id = pending.id().to_owned();
    if two_phase {
        call.respond_first(&ApprovalAccepted {
            status: "accepted".into(),
            id: id.clone(),
            delivery_route: if somebody { "approval-client" } else { "none" }.into(),
            created_at_ms,
            expires_at_ms,
        });
    }
    Ok(decided(id, (created_at_ms, expires_at_ms), &pending.decided().await))
}

fn ask_of(call: &Call, params: ApprovalAskParams) -> Result<Ask, WireError> {
    let who = call.who();
    let host = params.host.unwrap_or_else(|| "gateway".into());
    let plan = params.system_run_plan;
    let env = params.env.unwrap_or_default();
    let bound = match (host.as_str(), &params.node_id, &plan) {
        ("node", None, _) => return Err(WireError::invalid("nodeId is required for host=node")),
        ("node", _, None) => return Err(WireError::invalid("systemRunPlan is required for host=node")),
        (_, Some(node), Some(plan)) => Some(binding(node, plan, &env)),
        _ => None,
    };
    let argv = plan.as_ref().map(|plan| plan.argv.clone()).or(params.command_argv);
    // Approvers are shown what would be run, not what somebody says that it is.
    let command = argv.as_ref().filter(|argv| !argv.is_empty()).map(|argv| line(argv)).or(params.command);
    let Some(command) = command.filter(|text| !text.trim().is_empty()) else {
        return Err(WireError::invalid("command is required"));
    };
    // A plan names the file in its first place; what is only claimed elsewhere is not more than a name.
    let first = plan.as_ref().and_then(|plan| plan.argv.first()).filter(|path| Path::new(path).is_absolute());
    let unavailable = params.unavailable_decisions.unwrap_or_default();
    let once_only = params.ask.as_deref() == Some("always");
    let offered = [ApprovalDecision::AllowOnce, ApprovalDecision::AllowAlways, ApprovalDecision::Deny];
    let held_back = |decision: &ApprovalDecision| {
        unavailable.contains(decision) || (once_only && *decision == ApprovalDecision::AllowAlways)
    };
    let allowed = offered.into_iter().filter(|decision| !held_back(decision));
    let request = ApprovalRequest {
        command: visible(&command),
        command_argv: argv,
        env_keys: (!env.is_empty()).then(|| env.keys().cloned().collect()),
        cwd: plan.as_ref().map_or(params.cwd, |plan| plan.cwd.clone()),
        node_id: params.node_id,
        host,
        resolved_path: params.resolved_path.or_else(|| first.cloned()),
        agent_id: plan.as_ref().and_then(|plan| plan.agent_id.clone()).or(params.agent_id),
        session_key: plan.as_ref().and_then(|plan| plan.session_key.clone()).or(params.session_key),
        run_id: params.run_id,
        warning_text: params.warning_text.as_deref().map(visible),
        allowed_decisions: allowed.collect(),
        ..ApprovalRequest::default()
    };
    let life = params.timeout_ms.map_or(DEFAULT_LIFE, Duration::from_millis);
    let (org, by) = (who.org.clone(), who.actor.clone());
    Ok(Ask { org, request, by, life, binding: bound, id: params.id })
}

/// Returns an argument list as one would type it.
fn line(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    let quoted = argv.iter().map(|word| {
        let bare = !word.is_empty() && word.chars().all(plain);
        if bare { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Returns a text on one line in which nothing hides.
fn visible(text: &str) -> String {
    text.chars().map(|c| if hides(c) { ' ' } else { c }).collect()
}

/// Says whether a character is not seen, or turns around what is.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}
