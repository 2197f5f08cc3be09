//! `agent.identity.get`: who an agent is.

use schemas::error::{DetailCode, WireError};
use schemas::methods::agents::{AgentIdentityOutput, AgentIdentityParams};
use serde_json::json;

use crate::methods::{Call, session_key};

/// Returns the name of an agent, of the one that answers in a conversation, or of the default one.
pub async fn identity_get(call: Call, params: AgentIdentityParams) -> Result<AgentIdentityOutput, WireError> {
    let engine = &call.services.engine;
    let roster = engine.roster();
    let agent_id = match (params.agent_id, &params.session_key) {
        (Some(agent), _) => agent,
        (None, Some(key)) => engine.agent_of(&call.who().org, &session_key(key, None, "sessionKey")?),
        (None, None) => roster.default.clone(),
    };
    if roster.get(&agent_id).is_none() {
        let text = format!("invalid agent.identity.get params: unknown agent id \"{agent_id}\"");
        let details = json!({ "code": DetailCode::UnknownAgentId, "agentId": agent_id });
        return Err(WireError::invalid(text).details(details));
    }
    Ok(AgentIdentityOutput { name: agent_id.clone(), agent_id })
}
