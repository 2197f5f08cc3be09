//! `models.list`: the models to choose from.

use nodes::executor::ExecutorKind;
use schemas::error::WireError;
use schemas::methods::agents::{ModelChoice, ModelsListOutput, ModelsListParams};

use crate::methods::Call;
use crate::tasks::Roster;

/// Returns the models of one agent, or of all.
pub async fn models_list(call: Call, params: ModelsListParams) -> Result<ModelsListOutput, WireError> {
    let roster = call.services.engine.roster();
    Ok(ModelsListOutput { models: models_of(&roster, params.agent_id.as_deref()) })
}

/// Returns the models of `agent`, or of all agents, each once.
pub(in crate::methods) fn models_of(roster: &Roster, agent: Option<&str>) -> Vec<ModelChoice> {
    let mut models: Vec<ModelChoice> = Vec::new();
    for profile in roster.agents.values().filter(|profile| agent.is_none_or(|agent| agent == profile.name)) {
        let provider = profile.executor.as_str();
        let own = profile.model.clone().unwrap_or_else(|| default_model(profile.executor).to_owned());
        for id in std::iter::once(own).chain(profile.models.iter().cloned()) {
            if !models.iter().any(|model| model.id == id && model.provider == provider) {
                models.push(ModelChoice { name: id.clone(), id, provider: provider.into(), available: true });
            }
        }
    }
    models
}

/// Returns the name of what answers when no model is configured.
pub(super) const fn default_model(executor: ExecutorKind) -> &'static str {
    match executor {
        ExecutorKind::Builtin => "builtin",
        ExecutorKind::ClaudeCode | ExecutorKind::Command | ExecutorKind::Acp | ExecutorKind::Model => {
            "default"
        }
    }
}
