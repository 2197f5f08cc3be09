//! Everything that runs beside the requests is started here, under a name that says what it is.

use tokio_util::task::TaskTracker;

/// What a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// One run of a task, from its start to its last commit.
    Run,
    /// The task engine's own errands: handing messages over, waking what waits.
    Engine,
    /// An open permission request.
    Approval,
}

/// Starts work and knows when all of it has ended.
#[derive(Clone, Debug, Default)]
pub struct Jobs(TaskTracker);

impl Jobs {
    /// Starts `future` as `job`.
    pub fn spawn<F>(&self, job: Job, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tracing::trace!(?job, "Started");
        self.0.spawn(future);
    }

    /// Waits until everything that was started has ended.
    pub async fn drained(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
