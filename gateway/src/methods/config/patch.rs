//! `config.patch`: changes some values, comments stay.

use schemas::WireError;
use schemas::methods::config::{ConfigPatchParams, ConfigSetOutput};

use crate::methods::Call;

/// Writes the file and tells everyone; writes are limited per caller.
pub async fn patch(call: Call, params: ConfigPatchParams) -> Result<ConfigSetOutput, WireError> {
    let services = &call.services;
    super::admit(&services.config_writes, &call.who().actor, "config.patch")?;
    let edited = services.config.patch(&params.raw, params.base_hash.as_deref());
    let output = edited.map(super::output).map_err(|error| super::refusal(&error))?;
    super::announce(&call, &output);
    super::apply(&call).await?;
    Ok(output)
}
