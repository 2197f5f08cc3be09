//! Everything that runs beside a request: named jobs, what each does when it fails, and how they are ended.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A kind of work that goes on in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Job {
    /// Accepts connections.
    Listener,
    /// Serves one connection.
    Connection,
    /// Carries one run of a task.
    Run,
    /// An errand of the task engine: handing a message over, waking what waits.
    Engine,
    /// Waits for the answer to a permission request.
    Approval,
    /// Keeps one account of a chat platform connected; begins again by itself, for ever.
    Channel,
    /// An errand for a chat platform: one conversation's messages, one answer on its way.
    Bridge,
    /// Ticks, pings, refreshes health and presence.
    Heartbeat,
    /// Drops what has expired.
    Janitor,
    /// Starts what the clock asks for.
    Schedule,
    /// Carries writes and their results between the loop and the store's writer.
    Relay,
}

/// What happens when a job panics or ends although it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The gateway cannot work without it: stop, so that whoever supervises the process starts it anew.
    StopGateway,
    /// Begin again, after a growing wait.
    Restart,
    /// It concerns one client or one run only.
    Log,
}

impl Job {
    /// Returns the job's policy.
    pub fn on_failure(self) -> OnFailure {
        match self {
            Self::Listener => OnFailure::StopGateway,
            Self::Heartbeat | Self::Janitor | Self::Channel | Self::Relay | Self::Schedule => {
                OnFailure::Restart
            }
            Self::Connection | Self::Run | Self::Engine | Self::Approval | Self::Bridge => OnFailure::Log,
        }
    }
}

/// Spawns jobs and ends them. Clones share the same set.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    tracker: TaskTracker,
    stop: CancellationToken,
    degraded: Arc<Mutex<BTreeSet<String>>>,
}

impl Jobs {
    /// Returns the token that is cancelled when the gateway is to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs `work` once. A panic ends this job alone, or the gateway if the policy says so.
    pub fn spawn(&self, job: Job, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        // Combinators, not an async block: that would hold the work's memory twice for as long as it lives.
        self.start(AssertUnwindSafe(work).catch_unwind().map(move |ended| {
            if ended.is_err() {
                tracing::error!(%job, "A job panicked");
                if job.on_failure() == OnFailure::StopGateway {
                    stop.cancel();
                }
            }
        }));
    }

    /// Keeps work alive until the gateway stops: when it ends or panics it is begun again, after 0.1 s at
    /// first and at most 30 s; five failures in a row show as degraded in `health`.
    pub fn keep<F, W>(&self, job: Job, begin: F)
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let jobs = self.clone();
        self.start(async move {
            let mut failures = 0_u32;
            while !jobs.stop.is_cancelled() {
                let since = tokio::time::Instant::now();
                tokio::select! {
                    () = jobs.stop.cancelled() => break,
                    ended = AssertUnwindSafe(begin()).catch_unwind() => {
                        tracing::error!(%job, panicked = ended.is_err(), "A job ended and is begun again");
                    }
                }
                failures = if since.elapsed() > STEADY { 1 } else { failures + 1 };
                jobs.note(job, failures >= 5);
                tokio::time::sleep(backoff(failures)).await;
            }
        });
    }

    /// Returns the jobs that keep failing.
    pub fn degraded(&self) -> Vec<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Asks everything to stop and waits up to `grace`; returns whether all had ended by then.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait()).await.is_ok()
    }

    fn note(&self, job: Job, failing: bool) {
        let mut degraded = self.degraded.lock().unwrap_or_else(PoisonError::into_inner);
        if failing {
            degraded.insert(job.to_string());
        } else {
            degraded.remove(&job.to_string());
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.tracker.track_future(work));
    }
}

fn backoff(failures: u32) -> Duration {
    Duration::from_millis(100 << failures.min(8)).min(Duration::from_secs(30))
}

/// A job that lived so long had recovered.
const STEADY: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_failing_job_is_begun_again_and_shows() {
        let jobs = Jobs::default();
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        jobs.keep(Job::Janitor, move || {
            count.fetch_add(1, Ordering::SeqCst);
            async { panic!("a bug") }
        });
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(begun.load(Ordering::SeqCst) >= 5);
        assert_eq!(jobs.degraded(), ["janitor"]);
        assert!(jobs.stop(Duration::from_mins(1)).await);
    }

    #[tokio::test]
    async fn a_panic_in_one_connection_stops_nothing_else() {
        let jobs = Jobs::default();
        jobs.spawn(Job::Connection, async { panic!("a bug") });
        tokio::task::yield_now().await;
        assert!(!jobs.stopping().is_cancelled());
        assert!(jobs.stop(Duration::from_secs(5)).await);
    }
}
