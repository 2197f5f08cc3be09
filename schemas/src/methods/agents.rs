//! Agents, their runs and models (protocol 5.4, 5.11).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoParams, READ, WRITE, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// Runs an agent once: two responses, `accepted` and the final one. Reset commands need admin.
    Agent "agent" WRITE, Task, AgentParams => AgentOutput;
    /// Waits for the end of a run.
    AgentWait "agent.wait" WRITE, Natural, AgentWaitParams => AgentWaitOutput;
    /// Who an agent is.
    AgentIdentity "agent.identity.get" READ, Natural, AgentIdentityParams => AgentIdentityOutput;
    /// All agents.
    AgentsList "agents.list" READ, Natural, NoParams => AgentsListOutput;
    /// Models to choose from.
    ModelsList "models.list" READ, Natural, ModelsListParams => ModelsListOutput;
}

/// Parameters of `agent`. Fields marked "accepted" come from stock clients and change nothing here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentParams {
    /// What to do.
    #[schemars(length(min = 1))]
    pub message: String,
    /// Names the run; the same key joins it.
    #[schemars(length(min = 1, max = 256))]
    pub idempotency_key: String,
    /// The agent; the default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation; the agent's main one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Must be the conversation's present id, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Model for this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Time limit in seconds; 0: the agent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Name for the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub label: Option<String>,
    /// Pictures and files.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub attachments: Vec<super::chat::Attachment>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub provider: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub to: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reply_to: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub expected_existing_session_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub thinking: Ignored,
    /// Accepted: the answer always comes back to the caller.
    #[serde(default, skip_serializing)]
    pub deliver: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub channel: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reply_channel: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub account_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub reply_account_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub thread_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub group_id: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub group_channel: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub group_space: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub best_effort_deliver: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub lane: Ignored,
    /// Accepted: the agent's configured folder is used.
    #[serde(default, skip_serializing)]
    pub cwd: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub extra_system_prompt: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub prompt_mode: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub input_provenance: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub cleanup_bundle_mcp_on_run_end: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub model_run: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub voice_wake_trigger: Ignored,
}

/// Both answers of `agent`, told apart by `status`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentOutput {
    /// The run: the idempotency key.
    pub run_id: String,
    /// `accepted` first; then `ok` or `error`.
    pub status: String,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// When it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Millis>,
    /// One line about the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<AgentResult>,
}

/// What a run answered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentResult {
    /// Parts of the answer.
    pub payloads: Vec<AgentPayload>,
    /// Facts about the run.
    pub meta: AgentMeta,
}

/// One part of an answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentPayload {
    /// Text.
    pub text: String,
    /// Address of a file, if it is one.
    pub media_url: Option<String>,
}

/// Facts about a run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentMeta {
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The executor's own facts.
    pub agent_meta: ExecutorMeta,
}

/// What the executor says about a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorMeta {
    /// The conversation's id.
    pub session_id: String,
    /// The executor.
    pub provider: String,
    /// The model, if known.
    pub model: String,
    /// Tokens and cost, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// Tokens and cost of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens written to it.
    pub cache_write_tokens: u64,
    /// Cost in US dollars, as the executor says.
    pub cost_usd: f64,
}

/// Parameters of `agent.wait`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentWaitParams {
    /// The run.
    #[schemars(length(min = 1, max = 256))]
    pub run_id: String,
    /// How long to wait; 30,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 3_600_000))]
    pub timeout_ms: Option<u64>,
}

/// The end of a run, or `timeout`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentWaitOutput {
    /// The run.
    pub run_id: String,
    /// `ok`, `error` or `timeout`.
    pub status: String,
    /// When it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Millis>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
}

/// Parameters of `agent.identity.get`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentIdentityParams {
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Or a conversation of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// Who an agent is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentIdentityOutput {
    /// Its name in the configuration.
    pub agent_id: String,
    /// Its name for people.
    pub name: String,
}

/// All agents.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsListOutput {
    /// The one that answers when none is named.
    pub default_id: String,
    /// Last part of the main session's key.
    pub main_key: String,
    /// How direct conversations are kept apart.
    pub scope: String,
    /// The agents.
    pub agents: Vec<AgentSummary>,
}

/// One agent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentSummary {
    /// Its name in the configuration.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The folder it works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<AgentModel>,
}

/// An agent's model.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentModel {
    /// `executor/model`.
    pub primary: String,
}

/// Parameters of `models.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelsListParams {
    /// Only models of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub include_provider_capabilities: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub prepared_only: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub refresh: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub view: Ignored,
}

/// Models to choose from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModelsListOutput {
    /// The models.
    pub models: Vec<ModelChoice>,
}

/// One model.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModelChoice {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The executor that offers it.
    pub provider: String,
    /// Whether it can be used now.
    pub available: bool,
}
