//! Where the reports about one run wait for whoever carries it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nodes::executor::Step;
use nodes::work::wire::Report;
use schemas::bounds::MAX_WORKER_INBOX;
use tokio::sync::Notify;

/// A run's letter box.
#[derive(Debug)]
pub(super) struct Post {
    /// Whose run it is.
    pub(super) worker: String,
    inbox: Mutex<Inbox>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Inbox {
    reports: VecDeque<(Report, usize)>,
    bytes: usize,
    /// Steps came for which there was no room.
    overran: bool,
}

impl Post {
    pub(super) fn new(worker: &str) -> Self {
        Self { worker: worker.to_owned(), inbox: Mutex::default(), bell: Notify::new() }
    }

    /// Takes a report. Steps that find no room are dropped: they are asked for again.
    pub(super) fn put(&self, report: Report) {
        let size = size(&report);
        let mut inbox = self.inbox();
        if inbox.bytes > 0 && inbox.bytes + size > MAX_WORKER_INBOX {
            inbox.overran = true;
            return;
        }
        inbox.bytes += size;
        inbox.reports.push_back((report, size));
        drop(inbox);
        self.bell.notify_one();
    }

    /// Returns the next report.
    pub(super) fn take(&self) -> Option<Report> {
        let mut inbox = self.inbox();
        let (report, size) = inbox.reports.pop_front()?;
        inbox.bytes -= size;
        Some(report)
    }

    /// Says, once, whether reports were dropped.
    pub(super) fn overran(&self) -> bool {
        std::mem::take(&mut self.inbox().overran)
    }

    /// Wakes whoever waits.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits for a report or a ring; one that came before counts.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns about how many bytes a report takes.
fn size(report: &Report) -> usize {
    match report {
        Report::Steps { steps, .. } => steps.iter().map(step_size).sum::<usize>() + 128,
        Report::Ended { outcome, .. } => {
            outcome.result.as_ref().map_or(0, |reply| reply.text.len())
                + outcome.artifact.as_ref().map_or(0, |left| left.text.len())
                + 256
        }
        _ => 1024,
    }
}

pub(super) fn step_size(step: &Step) -> usize {
    let text = match step {
        Step::Text { delta } | Step::Thinking { delta } => delta.len(),
        Step::ToolStart { .. } | Step::ToolUpdate { .. } | Step::ToolResult { .. } => {
            serde_json::to_string(step).map_or(0, |text| text.len())
        }
        _ => 0,
    };
    text + 64
}
