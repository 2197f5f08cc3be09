//! `config.set`: replaces the file.

use schemas::WireError;
use schemas::methods::config::{ConfigSetOutput, ConfigSetParams};

use crate::config::{ConfigFile, WriteLimiter};

/// Answers `config.set`; `caller` names whoever the rate limit counts for.
pub fn set(
    file: &ConfigFile,
    limits: &WriteLimiter,
    caller: &str,
    params: &ConfigSetParams,
) -> Result<ConfigSetOutput, WireError> {
    super::admit(limits, caller, "config.set")?;
    let edited = file.set(&params.raw, params.base_hash.as_deref());
    edited.map(super::output).map_err(|error| super::refusal(&error))
}
