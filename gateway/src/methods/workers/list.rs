//! `workers.list`: which workers there are and how busy they are.

use schemas::error::WireError;
use schemas::methods::workers::{WorkersListOutput, WorkersListParams};

use crate::methods::Call;

/// Returns the workers by name.
pub async fn list(call: Call, params: WorkersListParams) -> Result<WorkersListOutput, WireError> {
    let mut workers = call.services.workers.list();
    workers.retain(|worker| {
        let pool = params.pool.as_ref().is_none_or(|pool| worker.facts.pool.as_ref() == Some(pool));
        pool && params.online.is_none_or(|online| worker.online == online)
    });
    Ok(WorkersListOutput { workers })
}
