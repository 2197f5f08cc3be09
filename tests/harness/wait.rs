//! Waiting for conditions, with a deadline instead of a guess.

use std::time::{Duration, Instant};

/// Longest wait for anything that should happen at once; generous, because test machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `check` says true; panics with `what` when it does not within [`PATIENCE`].
pub async fn eventually(what: &str, check: impl AsyncFnMut() -> bool) {
    within(PATIENCE, what, check).await;
}

/// Waits until `check` says true; panics with `what` when it does not within `limit`. Returns how long it took.
pub async fn within(limit: Duration, what: &str, mut check: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    loop {
        if check().await {
            return start.elapsed();
        }
        assert!(start.elapsed() < limit, "did not happen within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
