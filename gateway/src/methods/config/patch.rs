//! `config.patch`: changes some values, comments stay.

use schemas::WireError;
use schemas::methods::config::{ConfigPatchParams, ConfigSetOutput};

use crate::config::{ConfigFile, WriteLimiter};

/// Answers `config.patch`; `caller` names whoever the rate limit counts for.
pub fn patch(
    file: &ConfigFile,
    limits: &WriteLimiter,
    caller: &str,
    params: &ConfigPatchParams,
) -> Result<ConfigSetOutput, WireError> {
    super::admit(limits, caller, "config.patch")?;
    let edited = file.patch(&params.raw, params.base_hash.as_deref());
    edited.map(super::output).map_err(|error| super::refusal(&error))
}
