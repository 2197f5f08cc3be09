//! The transport that goes nowhere: the executor runs in this process.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{Transport, TransportError};
use crate::executor::{Assignment, Executor, Outcome, Progress};

/// Hands every assignment to an executor in this process; it never loses one.
#[derive(Debug, Clone)]
pub struct Local<E>(pub E);

#[async_trait]
impl<E: Executor> Transport for Local<E> {
    async fn run(
        &self,
        task: Assignment,
        progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        Ok(self.0.execute(task, progress, stop).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Command;
    use crate::process::Environment;
    use crate::transport::conformance;

    #[tokio::test]
    async fn does_what_every_transport_must() {
        conformance::all(&Local(Command::new(Environment::of_process()))).await;
    }
}
