//! `config.set`: replaces the file.

use schemas::WireError;
use schemas::methods::config::{ConfigSetOutput, ConfigSetParams};

use crate::methods::Call;

/// Writes the file and tells everyone; writes are limited per caller.
pub async fn set(call: Call, params: ConfigSetParams) -> Result<ConfigSetOutput, WireError> {
    let services = &call.services;
    super::admit(&services.config_writes, &call.who().actor, "config.set")?;
    let edited = services.config.set(&params.raw, params.base_hash.as_deref());
    let output = edited.map(super::output).map_err(|error| super::refusal(&error))?;
    super::announce(&call, &output);
    super::apply(&call).await?;
    Ok(output)
}
