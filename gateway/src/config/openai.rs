//! Section `[gateway.openai]`: agents for OpenAI's client libraries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Section `[gateway.openai]`. Off by default (protocol 9.1): whoever has a token could talk to agents either way, but a
/// door that nobody uses stays shut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenaiSection {
    /// Answers `POST /v1/chat/completions`.
    pub chat_completions: bool,
    /// Answers `POST /v1/responses`.
    pub responses: bool,
}
