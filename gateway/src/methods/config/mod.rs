//! The methods of the configuration file (protocol 5.9).

mod get;
mod patch;
mod schema;
mod set;

use schemas::bounds::MAX_CONFIG_WRITES_PER_MINUTE;
use schemas::event::Event;
use schemas::methods::config::{ConfigChanged, ConfigSetOutput};
use schemas::{ErrorCode, WireError};
use serde_json::json;

use super::Call;
use crate::config::{EditError, Edited, Mistake, WriteLimiter};

pub use get::get;
pub use patch::patch;
pub use schema::schema;
pub use set::set;

/// Tells everyone who may read the configuration that it changed.
fn announce(call: &Call, output: &ConfigSetOutput) {
    let ts = call.services.clock.now();
    let changed = ConfigChanged { path: output.path.clone(), hash: output.hash.clone(), ts };
    call.services.hub.publish(Event::ConfigChanged, &changed, None);
}

/// Puts in force what needs no restart: accounts on chat platforms, and which commands of nodes may be called.
async fn apply(call: &Call) -> Result<(), WireError> {
    super::channels::apply(call).await?;
    let config = call.services.config.load().map_err(|error| WireError::unavailable(error.to_string()))?;
    call.services.fleet.apply(&config.nodes.commands);
    Ok(())
}

/// Counts a write, or refuses it with the time to wait.
pub(super) fn admit(limits: &WriteLimiter, caller: &str, method: &str) -> Result<(), WireError> {
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
pub(super) fn refusal(error: &EditError) -> WireError {
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
