//! `cron.*`: runs that the clock starts.

mod change;
mod list;
mod look;
mod run;

pub use change::{add, remove, update};
pub use list::list;
pub use look::{get, runs, status};
pub use run::run;

use schemas::error::WireError;
use schemas::methods::cron::CronIdParams;

/// Returns the id of the job that is meant.
fn id(params: CronIdParams) -> Result<String, WireError> {
    params.id.or(params.job_id).ok_or_else(|| WireError::invalid("/id: name the job"))
}
