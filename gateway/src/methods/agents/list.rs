//! `agents.list`: the agents.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::agents::{AgentModel, AgentSummary, AgentsListOutput};
use schemas::session::MAIN_KEY;

use crate::methods::Call;
use crate::tasks::Roster;

/// Returns the agents.
pub async fn list(call: Call, _: NoParams) -> Result<AgentsListOutput, WireError> {
    Ok(agents_of(&call.services.engine.roster()))
}

/// Returns the agents as clients list them. Each has a model: stock clients take one without for unusable.
pub(in crate::methods) fn agents_of(roster: &Roster) -> AgentsListOutput {
    let summary = |agent: &crate::tasks::AgentProfile| {
        let executor = agent.executor.as_str();
        let model = agent.model.as_deref().unwrap_or(super::models_list::default_model(agent.executor));
        AgentSummary {
            id: agent.name.clone(),
            name: agent.name.clone(),
            workspace: Some(agent.cwd.display().to_string()).filter(|path| !path.is_empty()),
            model: Some(AgentModel { primary: format!("{executor}/{model}") }),
        }
    };
    AgentsListOutput {
        default_id: roster.default.clone(),
        main_key: MAIN_KEY.into(),
        scope: "per-sender".into(),
        agents: roster.agents.values().map(summary).collect(),
    }
}
