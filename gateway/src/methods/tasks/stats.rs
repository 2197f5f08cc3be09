//! `tasks.stats`: how much work there is and was.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::tasks::TasksStatsOutput;

use crate::methods::Call;

/// Counts the tasks and the workers.
pub async fn stats(call: Call, _: NoParams) -> Result<TasksStatsOutput, WireError> {
    let (services, engine) = (&call.services, &call.services.engine);
    let counts = engine.counts().await?;
    let of = |state: &str| counts.by_status.get(state).copied().unwrap_or_default();
    let (waiting, running) = engine.depth();
    Ok(TasksStatsOutput {
        tasks_dispatched: counts.total,
        tasks_completed: of("completed"),
        tasks_errored: of("failed"),
        connected_agents: engine.workers_online() as u64,
        queue_depth: waiting as u64,
        active_tasks: running as u64,
        uptime_ms: services.uptime_ms(),
    })
}
