//! `config.get`: the file and the values in force, secrets hidden.

use schemas::WireError;
use schemas::methods::NoParams;
use schemas::methods::config::ConfigGetOutput;

use crate::config::Mistake;
use crate::methods::Call;

/// Reads the file.
pub async fn get(call: Call, _: NoParams) -> Result<ConfigGetOutput, WireError> {
    let shown = call.services.config.get().map_err(|error| super::refusal(&error))?;
    Ok(ConfigGetOutput {
        path: shown.path.to_string_lossy().into_owned(),
        exists: shown.exists,
        raw: shown.raw,
        parsed: shown.parsed,
        config: shown.config,
        valid: shown.mistakes.is_empty(),
        hash: shown.hash,
        issues: shown.mistakes.iter().map(Mistake::issue).collect(),
        warnings: Vec::new(),
        legacy_issues: Vec::new(),
    })
}
