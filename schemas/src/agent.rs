//! Who executes an agent's work, as configuration and status name it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// Who executes an agent's work.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ExecutorKind {
    /// The gateway itself: no model, no network.
    #[default]
    Builtin,
    /// The Claude Code command line.
    ClaudeCode,
    /// Any program: prompt on stdin, lines out.
    Command,
    /// Any agent of the Agent Client Protocol, started by its command.
    Acp,
    /// A model behind an endpoint of the chat-completions kind.
    Model,
}

/// Where a model answers, and what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The address before `/chat/completions`, for example `https://api.openai.com/v1`.
    pub base_url: String,
    /// Name of the environment variable that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// File that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// What the model is told before everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// What its tokens cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

/// Prices in US cents for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Tokens that are read.
    pub input_cents: u32,
    /// Tokens that are written.
    pub output_cents: u32,
    /// Tokens that are read from the provider's cache; as others where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_cents: Option<u32>,
}

impl Endpoint {
    /// Returns what is wrong with it, and in which field.
    pub fn mistake(&self) -> Option<(&'static str, String)> {
        let address =
            self.base_url.strip_prefix("https://").or_else(|| self.base_url.strip_prefix("http://"));
        if address.is_none_or(str::is_empty) || self.base_url.contains(['@', '?', '#', ' ']) {
            let why = "write http:// or https://, a host and a path, and nothing secret";
            return Some(("base_url", why.to_owned()));
        }
        if self.api_key_env.is_some() && self.api_key_file.is_some() {
            return Some(("api_key_file", "name a variable or a file, not both".to_owned()));
        }
        None
    }
}

impl ExecutorKind {
    /// Says whether it can call the gateway's tools.
    pub const fn calls_tools(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Acp | Self::Model)
    }

    /// Returns the word used in the configuration.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
