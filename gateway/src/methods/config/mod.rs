//! The methods of the configuration file (protocol 5.9).

pub mod get;
pub mod patch;
pub mod schema;
pub mod set;

use schemas::bounds::MAX_CONFIG_WRITES_PER_MINUTE;
use schemas::methods::config::ConfigSetOutput;
use schemas::{ErrorCode, WireError};
use serde_json::json;

use crate::config::{EditError, Edited, Mistake, WriteLimiter};

/// Counts a write, or refuses it with the time to wait.
fn admit(limits: &WriteLimiter, caller: &str, method: &str) -> Result<(), WireError> {
    limits.admit(caller).map_err(|wait| {
        let seconds = wait.div_ceil(1000).max(1);
        let message = format!(
            "rate limit exceeded for {method}; retry after {seconds}s (at most {MAX_CONFIG_WRITES_PER_MINUTE} \
             writes a minute)"
        );
        WireError::unavailable(message).retry_after(wait)
    })
}

fn output(edited: Edited) -> ConfigSetOutput {
    ConfigSetOutput {
        ok: true,
        path: edited.path.to_string_lossy().into_owned(),
        config: edited.config,
        hash: edited.hash,
        restart_required: edited.changed,
    }
}

/// Says whose fault it was: all but the disk's is the caller's.
fn refusal(error: &EditError) -> WireError {
    match error {
        EditError::Io(_) | EditError::Config(_) => {
            WireError::new(ErrorCode::InternalError, error.to_string())
        }
        EditError::Invalid(mistakes) => {
            let issues: Vec<_> = mistakes.iter().map(Mistake::issue).collect();
            WireError::invalid(format!("invalid config: {error}")).details(json!({ "issues": issues }))
        }
        EditError::Stale | EditError::Patch(_) | EditError::Removes(_) => {
            WireError::invalid(error.to_string())
        }
    }
}
