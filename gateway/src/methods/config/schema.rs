//! `config.schema`: JSON Schema of the file, for editors and forms.

use schemas::WireError;
use schemas::methods::NoParams;
use schemas::methods::config::ConfigSchemaOutput;
use serde_json::json;

use crate::config::json_schema;
use crate::methods::Call;

/// Returns the schema.
pub async fn schema(call: Call, _: NoParams) -> Result<ConfigSchemaOutput, WireError> {
    let now = call.services.clock.now();
    Ok(ConfigSchemaOutput {
        schema: json_schema(),
        ui_hints: json!({
            "gateway.token": { "label": "Shared token", "sensitive": true },
            "agents.*.env.*": { "label": "Environment variable", "sensitive": true },
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        generated_at: jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_string(),
    })
}
