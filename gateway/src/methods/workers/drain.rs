//! `workers.drain`: takes a worker out of use, or back.

use schemas::error::WireError;
use schemas::methods::workers::{WorkersDrainOutput, WorkersDrainParams};

use super::unknown;
use crate::methods::Call;
use crate::store::{AuditEntry, append_audit};

/// Drains a worker: it is given nothing new and ends what it has.
pub async fn drain(call: Call, params: WorkersDrainParams) -> Result<WorkersDrainOutput, WireError> {
    let worker =
        call.services.workers.drain(&params.name, params.drain).ok_or_else(|| unknown(&params.name))?;
    let who = call.who();
    let entry = AuditEntry {
        at: call.services.clock.now(),
        org: who.org.to_string(),
        actor: who.actor.to_string(),
        action: if params.drain { "worker.drain" } else { "worker.resume" }.into(),
        target: params.name,
        outcome: "ok".into(),
        detail: String::new(),
    };
    call.services.store.write(move |db| append_audit(db, &entry)).await?;
    Ok(WorkersDrainOutput { worker })
}
