//! The limits every executor keeps: until the work ends, the time is up, or somebody stops it.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::EndedBy;

/// The longest line of a program's output, in bytes; a longer one fails the run instead of filling memory.
pub(super) const MAX_LINE: usize = 32 * 1024 * 1024;

/// Runs `work` to its end unless it is stopped or takes longer than `timeout`; says which.
pub(super) async fn within<T>(
    work: impl Future<Output = T>,
    stop: &CancellationToken,
    timeout: Duration,
) -> Result<T, EndedBy> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(EndedBy::Cancelled),
        () = tokio::time::sleep(timeout) => Err(EndedBy::TimedOut),
        done = work => Ok(done),
    }
}

/// Runs `work` to its end and `aside` (filling and emptying its pipes) at the same time, so that neither
/// the work nor the program at the other end waits for the other for ever.
pub(super) async fn beside<T>(work: impl Future<Output = T>, aside: impl Future) -> T {
    tokio::pin!(work);
    tokio::pin!(aside);
    tokio::select! {
        done = &mut work => return done,
        _ = &mut aside => {}
    }
    work.await
}
