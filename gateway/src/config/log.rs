//! Section `[log]`: how much is logged and in which form.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Mistake;

/// Section `[log]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// Least severe level that is logged, `error` to `trace`, or directives such as `info,gateway::door=debug`.
    pub level: String,
    /// Form of the lines on stderr; the log file always holds JSON.
    pub format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::default() }
    }
}

/// Form of log lines.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogSection {
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let known = self.level.split(',').all(|directive| {
            let level = directive.rsplit('=').next().unwrap_or_default().trim().to_ascii_lowercase();
            levels.contains(&level.as_str())
        });
        if !known {
            let message = format!("\"{}\" is no level: use one of {}", self.level, levels.join(", "));
            mistakes.push(Mistake::at("log.level", message));
        }
    }
}
