//! Webhooks: addresses that other programs post to, each of which gives an agent something to do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cron::RunOptions;
use super::{ADMIN, NoParams, READ, methods};
use crate::clock::Millis;

methods! {
    /// Lists webhooks, without their secrets.
    HooksList "hooks.list" READ, Natural, NoParams => HooksListOutput;
    /// Adds a webhook, and shows its secret this once.
    HooksAdd "hooks.add" ADMIN, Natural, HooksAddParams => HooksAddOutput;
    /// Removes a webhook.
    HooksRemove "hooks.remove" ADMIN, Natural, HookNameParams => HooksRemoveOutput;
    /// Shows what an agent would be told of a payload; nothing runs.
    HooksTest "hooks.test" ADMIN, Natural, HooksTestParams => HooksTestOutput;
}

/// What a webhook does, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookSettings {
    /// The last part of its address: a-z, 0-9, - and _.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// What the agent is told of the payload; `{{payload.a[0].b}}` stands for a value.
    #[schemars(length(min = 1, max = 16384))]
    pub template: String,
    /// The owner's own words, before what came from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16384))]
    pub instruction: Option<String>,
    /// Whether values that the payload does not have are left out; a call is refused for them otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lenient: bool,
    /// Whether what came from outside is given to the agent as if the owner had said it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
    /// Whether calls need no signature.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_unsigned: bool,
    /// The agent; the default one, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation; one of the hook's own, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Model for these runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Time limit of a run in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// On which conditions its runs are performed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<RunOptions>,
}

/// Parameters of `hooks.add`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HooksAddParams {
    /// What it does.
    #[serde(flatten)]
    pub settings: HookSettings,
    /// The secret that calls are signed with, from 16 characters; one is made, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 16, max = 256))]
    pub secret: Option<String>,
}

/// A webhook that was added.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HooksAddOutput {
    /// The webhook.
    pub hook: Hook,
    /// Its secret, which is not shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for HooksAddOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HooksAddOutput").field("hook", &self.hook).finish_non_exhaustive()
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// What it does.
    #[serde(flatten)]
    pub settings: HookSettings,
    /// Where programs post to, without the gateway's own address.
    pub path: String,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// When it was added.
    pub created_at_ms: Millis,
    /// Calls that were accepted.
    pub calls: u64,
    /// When the last one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_call_at_ms: Option<Millis>,
}

/// Every webhook.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HooksListOutput {
    /// By name.
    pub hooks: Vec<Hook>,
}

/// Names a webhook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HookNameParams {
    /// Its name.
    pub name: String,
}

/// Whether a webhook was removed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HooksRemoveOutput {
    /// Always true.
    pub ok: bool,
    /// False: there was none.
    pub removed: bool,
}

/// Parameters of `hooks.test`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HooksTestParams {
    /// Its name.
    pub name: String,
    /// What would be posted.
    pub payload: Value,
}

/// What an agent would be told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HooksTestOutput {
    /// The message.
    pub message: String,
}
