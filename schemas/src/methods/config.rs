//! The configuration file (protocol 5.9).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ADMIN, NoParams, READ, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// The configuration, secrets hidden.
    ConfigGet "config.get" READ, Natural, NoParams => ConfigGetOutput;
    /// Replaces the file.
    ConfigSet "config.set" ADMIN, Natural, ConfigSetParams => ConfigSetOutput;
    /// Changes some values (RFC 7396 merge patch); comments in the file stay.
    ConfigPatch "config.patch" ADMIN, Natural, ConfigPatchParams => ConfigSetOutput;
    /// JSON Schema of the file.
    ConfigSchema "config.schema" READ, Natural, NoParams => ConfigSchemaOutput;
}

/// The text that stands for a secret; written back, it keeps the old value.
pub const REDACTED: &str = "__OPENCLAW_REDACTED__";

/// The configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConfigGetOutput {
    /// The file.
    pub path: String,
    /// Whether it exists.
    pub exists: bool,
    /// Its text (TOML), secrets hidden.
    pub raw: String,
    /// Its values.
    pub parsed: Value,
    /// The values in force: file, environment, flags and defaults.
    pub config: Value,
    /// Whether the file is without mistakes.
    pub valid: bool,
    /// To be given as `baseHash` with a change.
    pub hash: String,
    /// Mistakes.
    pub issues: Vec<ConfigIssue>,
    /// Things to look at.
    pub warnings: Vec<ConfigIssue>,
    /// Keys of older versions; none so far.
    #[serde(rename = "legacyIssues")]
    pub legacy_issues: Vec<ConfigIssue>,
}

/// A mistake in the configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConfigIssue {
    /// Where: dotted path, and line if known.
    pub path: String,
    /// What and how to mend it.
    pub message: String,
}

/// Parameters of `config.set`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigSetParams {
    /// The new text (TOML).
    #[schemars(length(max = 1_000_000))]
    pub raw: String,
    /// `hash` of what was read; needed once a file exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
}

/// Parameters of `config.patch`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigPatchParams {
    /// The merge patch: JSON5 text of an object; null removes a key.
    #[schemars(length(max = 1_000_000))]
    pub raw: String,
    /// `hash` of what was read; needed once a file exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub session_key: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub delivery_context: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub note: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub restart_delay_ms: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub replace_paths: Ignored,
}

/// The changed configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSetOutput {
    /// Always true.
    pub ok: bool,
    /// The file.
    pub path: String,
    /// The new values, secrets hidden.
    pub config: Value,
    /// The new hash.
    pub hash: String,
    /// Whether some of it takes effect only after a restart.
    pub restart_required: bool,
}

/// JSON Schema of the file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSchemaOutput {
    /// The schema.
    pub schema: Value,
    /// Hints for forms, by path.
    pub ui_hints: Value,
    /// Landline's version.
    pub version: String,
    /// When the schema was made.
    pub generated_at: String,
}

/// Payload of `config.changed`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConfigChanged {
    /// The file.
    pub path: String,
    /// The new hash.
    pub hash: String,
    /// When.
    pub ts: Millis,
}
