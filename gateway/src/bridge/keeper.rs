//! Keeps accounts connected: each on its own, for ever, and honest about how they are.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use channels::{Inbox, ListenError};
use futures_util::FutureExt as _;
use schemas::event::Event;
use schemas::methods::channels::ChannelsChanged;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Bridge;
use super::account::Live;
use super::journal::Ledger;
use super::settings::jitter;

/// How a connection ended.
enum Ended {
    /// It was asked to.
    Stopped,
    /// With an error, or by itself.
    Failed(Option<ListenError>),
    /// It panicked.
    Panicked,
    /// It gave no sign of life for too long.
    Stalled,
}

impl Bridge {
    /// Keeps an account connected until it is stopped.
    pub(super) async fn keep(self, live: Arc<Live>) {
        let _ended = live.ended.clone().drop_guard();
        let mut failures = 0_u32;
        while !live.stop.is_cancelled() {
            let since = Instant::now();
            let ended = self.connect_once(&live).await;
            let was_alive = live.set_connected(false);
            // A connection that worked ends a row of failures, however it ended.
            failures =
                if was_alive && since.elapsed() > self.pace().reconnect_last { 1 } else { failures + 1 };
            let Some(wait) = self.wait_after(&live, ended, failures) else { break };
            live.health().reconnect_attempts = failures;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = live.stop.cancelled() => {}
            }
        }
        live.set_connected(false);
        live.health().running = false;
    }

    /// Tells clients that an account is connected or not, or has another trouble, but not too often.
    pub(super) async fn tell_health(self) {
        loop {
            self.0.health.notified().await;
            let changed = ChannelsChanged { ts: self.now() };
            self.0.parts.hub.publish(Event::ChannelsChanged, &changed, None);
            tokio::time::sleep(self.pace().tell).await;
        }
    }

    async fn connect_once(&self, live: &Arc<Live>) -> Ended {
        let begun = self.now();
        {
            let mut health = live.health();
            (health.running, health.connecting_since) = (true, Some(begun));
        }
        let ledger = Ledger { bridge: self.clone(), live: Arc::clone(live) };
        // A token of its own: nothing of this connection outlives it, even if it was started on the side.
        let stop = live.stop.child_token();
        let _cut = stop.clone().drop_guard();
        let listening = live.account.channel.listen(Inbox::new(Arc::new(ledger)), stop);
        let guarded = AssertUnwindSafe(listening).catch_unwind();
        tokio::select! {
            ended = guarded => match ended {
                Ok(Ok(())) if live.stop.is_cancelled() => Ended::Stopped,
                Ok(Ok(())) => Ended::Failed(None),
                Ok(Err(error)) => Ended::Failed(Some(error)),
                Err(_) => Ended::Panicked,
            },
            () = self.stalled(live) => Ended::Stalled,
            // A channel that does not end when it is told to is dropped.
            () = overdue(&live.stop) => Ended::Stopped,
        }
    }

    /// Returns once a connection has given no sign of life for too long.
    async fn stalled(&self, live: &Live) {
        let (stall, mut last, mut since) = (self.pace().stall, None, Instant::now());
        loop {
            let due = live.health().due_at.map(|due| due - self.now());
            let due = due.and_then(|due| u64::try_from(due).ok()).filter(|due| *due > 0);
            tokio::time::sleep(due.map_or(stall / 10, Duration::from_millis).min(stall / 10)).await;
            let (alive_at, due_at) = {
                let health = live.health();
                (health.alive_at, health.due_at)
            };
            if alive_at != last {
                (last, since) = (alive_at, Instant::now());
            }
            if since.elapsed() > stall {
                return;
            }
            // Shown as it is, long before the connection is given up.
            if due_at.is_some_and(|due| due < self.now()) {
                live.set_connected(false);
            }
        }
    }

    /// Says what happened in plain words and how long to wait; `None`: that was all.
    fn wait_after(&self, live: &Live, ended: Ended, failures: u32) -> Option<Duration> {
        let pace = self.pace();
        let growing = pace.reconnect_first * 2_u32.saturating_pow(failures.saturating_sub(1).min(8));
        let usual = jitter(growing.min(pace.reconnect_last));
        let (text, wait) = match ended {
            Ended::Stopped => return None,
            Ended::Failed(None) => ("The connection ended by itself.".to_owned(), usual),
            Ended::Failed(Some(error)) => {
                let wait = match &error {
                    ListenError::Refused(_) => jitter(pace.refused),
                    ListenError::Lost { after: Some(after), .. } => usual.max(*after),
                    _ => usual,
                };
                (error.to_string(), wait)
            }
            Ended::Panicked => ("The channel failed inside; the log has the cause.".to_owned(), usual),
            Ended::Stalled => (
                "The platform gave no sign of life; the connection was cut and is made anew.".to_owned(),
                usual,
            ),
        };
        tracing::warn!(channel = live.of.channel, account = live.of.account, %text, "A channel's connection ended");
        live.trouble(&text, self.now());
        Some(wait)
    }
}

async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_GRACE).await;
}

/// Time that a connection gets to end by itself.
const STOP_GRACE: Duration = Duration::from_secs(3);
