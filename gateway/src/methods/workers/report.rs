//! `worker.report`: what a node that offers work tells of its runs and of itself.

use nodes::work::wire::Report;
use schemas::error::{DetailCode, WireError};
use schemas::methods::workers::{WorkerReportOutput, WorkerReportParams};

use super::refusal;
use crate::methods::Call;

/// Takes reports, once somebody has approved that the node works.
pub async fn report(call: Call, params: WorkerReportParams) -> Result<WorkerReportOutput, WireError> {
    let reports = params.messages.into_iter().enumerate().map(|(n, message)| {
        serde_json::from_value::<Report>(message).map_err(|error| {
            let at = format!("/messages/{n}: no report (line {}, column {})", error.line(), error.column());
            WireError::invalid(at).detail(DetailCode::WorkerReportInvalid)
        })
    });
    let reports: Vec<Report> = reports.collect::<Result<_, _>>()?;
    if !call.services.fleet.has_cap(&call.member, WORK) {
        let message = "somebody has to approve that this node works: landline nodes pending";
        return Err(WireError::unavailable(message).detail(DetailCode::WorkerNotApproved));
    }
    let workers = &call.services.workers;
    let line =
        workers.line_of(&call.member).ok_or_else(|| WireError::invalid("only a node's device can work"))?;
    workers.hear(&line, reports).map_err(|refused| refusal(&refused))?;
    Ok(WorkerReportOutput {})
}

/// The ability that a node declares, and that is approved with its commands.
const WORK: &str = "work";
