//! Who executes an agent's work, as configuration and status name it.

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
}

impl ExecutorKind {
    /// Returns the word used in the configuration.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
