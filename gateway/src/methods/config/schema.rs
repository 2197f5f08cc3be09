//! `config.schema`: JSON Schema of the file, for editors and forms.

use schemas::clock::Millis;
use schemas::methods::config::ConfigSchemaOutput;
use serde_json::json;

use crate::config::json_schema;

/// Answers `config.schema`.
pub fn schema(now: Millis) -> ConfigSchemaOutput {
    ConfigSchemaOutput {
        schema: json_schema(),
        ui_hints: json!({
            "gateway.token": { "label": "Shared token", "sensitive": true },
            "agents.*.env.*": { "label": "Environment variable", "sensitive": true },
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        generated_at: jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_string(),
    }
}
