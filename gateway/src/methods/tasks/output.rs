//! `tasks.output`: what a dispatched task said and did, from any point on.

use std::time::Duration;

use schemas::error::WireError;
use schemas::methods::tasks::{OutputChunk, TasksOutputOutput, TasksOutputParams};
use serde_json::value::Value;
use tokio::time::Instant;

use super::find;
use crate::methods::Call;
use crate::store::output::{self, Batch};

/// Returns the next steps; where there are none yet, it waits for them as long as the caller says.
pub async fn output(call: Call, params: TasksOutputParams) -> Result<TasksOutputOutput, WireError> {
    let row = find::known(&call, &params.task_id).await?;
    let (seq, id, from) = (row.seq, row.id.to_string(), params.after.unwrap_or_default());
    let limit = u64::from(params.limit.unwrap_or(DEFAULT_LIMIT));
    let until = Instant::now() + Duration::from_millis(params.wait_ms.unwrap_or_default());
    loop {
        // Asked before the log is read: what is stored after that wakes the wait.
        let tail = call.services.engine.tail(seq);
        let read = move |db: &crate::store::Db| output::read(db, seq, from, limit, MAX_BYTES);
        let batches = call.services.store.read(read).await?;
        let chunks = chunks(&batches, from, limit);
        let next = chunks.last().map_or(from, |chunk| chunk.seq + 1);
        if !chunks.is_empty() {
            return Ok(TasksOutputOutput { chunks, next, done: false, task: None });
        }
        let Some(tail) = tail else {
            let task = find::find(&call, &id).await?;
            return Ok(TasksOutputOutput { chunks, next, done: true, task });
        };
        if tokio::time::timeout_at(until, tail.grows(from)).await.is_err() {
            return Ok(TasksOutputOutput { chunks, next, done: false, task: None });
        }
    }
}

fn chunks(batches: &[Batch], from: u64, limit: u64) -> Vec<OutputChunk> {
    let numbered = batches
        .iter()
        .flat_map(|batch| (batch.seq..).zip(batch.steps.lines()).map(move |line| (batch, line)));
    let wanted =
        numbered.filter(|(_, (seq, _))| *seq >= from).take(usize::try_from(limit).unwrap_or(usize::MAX));
    wanted
        .map(|(batch, (seq, line))| OutputChunk {
            seq,
            at: batch.at,
            fence: batch.fence.unsigned_abs(),
            step: serde_json::from_str(line).unwrap_or(Value::Null),
        })
        .collect()
}

const DEFAULT_LIMIT: u32 = 500;
/// Bytes of steps that one answer begins with at most.
const MAX_BYTES: usize = 1024 * 1024;
