//! Lists that stock clients ask for and that Landline does not fill: honest empty answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{APPROVALS, Access, NoParams, READ, methods};
use crate::clock::Millis;
use crate::scope::Scope;
use crate::session::DEFAULT_AGENT;

methods! {
    /// Questions of agents.
    QuestionList "question.list" Access::Operator(Scope::Questions), Natural, AnyParams => QuestionListOutput;
    /// Permission requests of plugins.
    PluginApprovalList "plugin.approval.list" APPROVALS, Natural, AnyParams => Vec<Value>;
    /// Suggested tasks.
    TaskSuggestionsList "taskSuggestions.list" READ, Natural, AnyParams => TaskSuggestionsOutput;
    /// Tools that agents could be given; each agent brings its own.
    ToolsCatalog "tools.catalog" READ, Natural, AnyParams => ToolsCatalogOutput;
    /// Skills that agents could be given; each agent brings its own.
    SkillsStatus "skills.status" READ, Natural, AnyParams => SkillsStatusOutput;
    /// What providers report about usage.
    UsageStatus "usage.status" READ, Natural, AnyParams => UsageStatusOutput;
    /// Programs that a node could run agents with; Landline runs none there.
    NodeRunnerInventory "node.runnerInventory.update" Access::Node, Natural, AnyParams => NodeRunnerInventoryOutput;
    /// Skills that a node has; agents are not shown them.
    NodeSkills "node.skills.update" Access::Node, Natural, AnyParams => NodeSkillsOutput;
    /// Tools that a node has besides its commands; agents are not shown them.
    NodePluginTools "node.pluginTools.update" Access::Node, Natural, AnyParams => NodePluginToolsOutput;
    /// Programs that skills would need on a node.
    SkillsBins "skills.bins" Access::Node, Natural, AnyParams => SkillsBinsOutput;
    /// Whether a newer version is known; Landline does not look for one by itself.
    UpdateStatus "update.status" READ, Natural, AnyParams => UpdateStatusOutput;
    /// Words that wake a device.
    VoicewakeGet "voicewake.get" READ, Natural, NoParams => VoicewakeOutput;
}

/// Whatever the client filters by: an empty list stays empty.
pub type AnyParams = serde_json::Map<String, Value>;

/// No questions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct QuestionListOutput {
    /// Always empty.
    pub questions: Vec<Value>,
}

/// No suggestions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct TaskSuggestionsOutput {
    /// Always empty.
    pub suggestions: Vec<Value>,
}

/// No tools.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsCatalogOutput {
    /// The default agent.
    pub agent_id: String,
    /// The one profile there is.
    pub profiles: Vec<ToolsProfile>,
    /// Always empty.
    pub groups: Vec<Value>,
}

impl Default for ToolsCatalogOutput {
    fn default() -> Self {
        let profiles = vec![ToolsProfile { id: "full".into(), label: "Full".into() }];
        Self { agent_id: DEFAULT_AGENT.into(), profiles, groups: Vec::new() }
    }
}

/// A named set of tools.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolsProfile {
    /// `full`.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// No skills.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkillsStatusOutput {
    /// Always empty.
    pub workspace_dir: String,
    /// Always empty.
    pub managed_skills_dir: String,
    /// Always empty.
    pub skills: Vec<Value>,
}

/// No providers.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageStatusOutput {
    /// Always 0.
    pub updated_at: Millis,
    /// Always empty.
    pub providers: Vec<Value>,
}

/// Taken note of.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRunnerInventoryOutput {
    /// The node.
    pub node_id: String,
}

/// None of the skills.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSkillsOutput {
    /// The node.
    pub node_id: String,
    /// Always empty.
    pub skills: Vec<Value>,
}

/// None of the tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePluginToolsOutput {
    /// The node.
    pub node_id: String,
    /// Always empty.
    pub tools: Vec<Value>,
}

/// No programs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SkillsBinsOutput {
    /// Always empty.
    pub bins: Vec<String>,
}

/// No update.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStatusOutput {
    /// Always null.
    pub sentinel: Option<Value>,
    /// Always null.
    pub update_available: Option<Value>,
}

/// No wake words.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct VoicewakeOutput {
    /// Always empty.
    pub triggers: Vec<String>,
}
