//! `approval.history`: requests that have ended.

use schemas::error::WireError;
use schemas::methods::approval_history::{ApprovalHistoryOutput, ApprovalHistoryParams, ApprovalKind};

use super::snapshot;
use crate::methods::Call;

/// Returns them, latest first.
pub async fn history(call: Call, params: ApprovalHistoryParams) -> Result<ApprovalHistoryOutput, WireError> {
    if params.kind.is_some_and(|kind| kind != ApprovalKind::Exec) {
        return Ok(ApprovalHistoryOutput { items: Vec::new(), next_cursor: None });
    }
    let before = match &params.cursor {
        Some(cursor) => {
            let wrong = |_| WireError::invalid("/cursor: use the nextCursor of the page before");
            Some(cursor.parse::<i64>().map_err(wrong)?)
        }
        None => None,
    };
    let limit = params.limit.unwrap_or(PAGE);
    let rows = call.services.approvals.history(&call.who().org, before, limit).await?;
    let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = rows.last().filter(|_| full).map(|row| row.seq.to_string());
    let items = rows.into_iter().map(snapshot).collect::<Result<_, _>>()?;
    Ok(ApprovalHistoryOutput { items, next_cursor })
}

/// Requests of a page when nobody says how many.
const PAGE: u32 = 50;
