//! What every channel has to do alike, as one suite that drives the far side through a [`Rig`].
//!
//! `conformance::run(async || MyRig::new().await).await` runs every check with a rig of its own and returns what
//! failed. A check that needs a fault which the rig cannot cause is left out and named in the report.

mod journal;
mod receiving;
mod sending;

use std::fmt::{self, Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

pub use journal::Memory;

pub use crate::loopback::Fault;

use crate::channel::{Channel, Inbox, ListenError};
use crate::outbound::{Action, Outbound, Place, Receipt, SendError};

/// The test's hold on a channel and on the platform behind it.
#[async_trait]
pub trait Rig: Send + Debug {
    /// Returns the channel.
    fn channel(&self) -> Arc<dyn Channel>;

    /// Returns the conversation in which [`Rig::say`] speaks.
    fn place(&self) -> Place;

    /// Lets somebody write a message.
    async fn say(&mut self, text: &str);

    /// Cuts the connection that the channel listens on. Whatever was not acknowledged is delivered again.
    async fn cut(&mut self);

    /// Ends the channel and makes a new one for the same account, as a restart of the gateway does.
    async fn restart(&mut self);

    /// Makes the platform accept connections and answer nothing, or answer again.
    async fn stall(&mut self, stalled: bool);

    /// Makes the next send fail; returns whether the rig can do that.
    async fn fail_next(&mut self, fault: Fault) -> bool;

    /// Returns what the platform has done for the channel, in order.
    async fn received(&mut self) -> Vec<Received>;
}

/// Something that the platform has done for the channel. Texts are as people see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A new message.
    Text {
        /// The platform's id of it.
        message: String,
        /// What it says.
        text: String,
    },
    /// A message has a new text.
    Edited {
        /// The message.
        message: String,
        /// What it says now.
        text: String,
    },
    /// A message was removed.
    Deleted(String),
    /// A reaction to a message.
    Reacted {
        /// The message.
        message: String,
        /// The emoji; none: the reaction was taken back.
        emoji: Option<String>,
    },
    /// Files, by their names.
    Media(Vec<String>),
    /// Anything else but what only shows that somebody writes.
    Other(String),
}

/// What came of the suite.
#[derive(Debug, Default)]
pub struct Report {
    /// The checks that passed.
    pub passed: Vec<&'static str>,
    /// The parts of checks that the rig could not cause.
    pub skipped: Vec<String>,
    /// The checks that failed, and why.
    pub failed: Vec<(&'static str, String)>,
}

impl Report {
    /// Returns nothing if all checks passed, else what failed.
    pub fn verdict(&self) -> Result<(), String> {
        if self.failed.is_empty() { Ok(()) } else { Err(self.to_string()) }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} passed, {} failed", self.passed.len(), self.failed.len())?;
        self.skipped.iter().try_for_each(|name| writeln!(f, "left out: {name}"))?;
        self.failed.iter().try_for_each(|(name, why)| writeln!(f, "failed: {name}: {why}"))
    }
}

/// Runs every check with a rig of its own.
pub async fn run<R: Rig>(make: impl AsyncFn() -> R) -> Report {
    let mut report = Report::default();
    for name in receiving::CHECKS.into_iter().chain(sending::CHECKS) {
        let mut trial = Trial { rig: make().await, skipped: Vec::new() };
        let check = async {
            match receiving::check(name, &mut trial).await {
                Some(result) => result,
                None => sending::check(name, &mut trial).await,
            }
        };
        match tokio::time::timeout(PATIENCE, check).await {
            Ok(Ok(())) => report.passed.push(name),
            Ok(Err(why)) => report.failed.push((name, why)),
            Err(_) => report.failed.push((name, format!("no end within {} s", PATIENCE.as_secs()))),
        }
        report.skipped.extend(trial.skipped.into_iter().map(|what| format!("{name}: {what}")));
    }
    report
}

/// One check while it runs.
struct Trial<R> {
    rig: R,
    skipped: Vec<String>,
}

type Verdict = Result<(), String>;

/// Fails a check unless the condition holds.
fn ensure(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(why()) }
}

impl<R: Rig> Trial<R> {
    /// Does something while the channel listens; restarts it like the supervisor does, and stops it at the end.
    async fn listening<T>(
        &mut self,
        journal: &Memory,
        act: impl AsyncFnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        let (channel, stop) = (self.rig.channel(), CancellationToken::new());
        let connections = async {
            loop {
                let ended = channel.listen(journal.inbox(), stop.clone()).await;
                match ended {
                    Ok(()) if stop.is_cancelled() => return Ok(()),
                    Ok(()) => return Err("listen ended without being stopped".to_owned()),
                    Err(ListenError::Refused(text)) => {
                        return Err(format!("the account was refused: {text}"));
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        };
        tokio::pin!(connections);
        let result = tokio::select! {
            biased;
            ended = &mut connections => Err(format!("the channel ended early: {ended:?}")),
            result = act(self) => result,
        }?;
        stop.cancel();
        match tokio::time::timeout(STOPPING, connections).await {
            Ok(ended) => ended.map(|()| result),
            Err(_) => Err("listen did not end within 2 s after it was stopped".to_owned()),
        }
    }

    /// Waits until the connection stands.
    async fn connected(&self, journal: &Memory) -> Verdict {
        journal.until("the channel is connected", |seen| seen.alive > 0 && seen.bot.is_some()).await
    }

    /// Returns the journal of an account that was connected once: some platforms keep for a bot only what was said
    /// after that.
    async fn begun(&mut self) -> Result<Memory, String> {
        let journal = Memory::default();
        self.listening(&journal, async |trial| trial.connected(&journal).await).await?;
        Ok(journal)
    }

    async fn send(&self, key: &str, action: Action) -> Result<Receipt, SendError> {
        let outbound = Outbound { to: self.rig.place(), key: key.to_owned(), answering: None, action };
        self.rig.channel().send(outbound).await
    }

    /// Sends something that has to work.
    async fn succeed(&self, key: &str, action: Action) -> Result<Receipt, String> {
        let what = format!("{action:?}");
        self.send(key, action).await.map_err(|error| format!("{what} failed: {error:?}"))
    }

    fn skip(&mut self, what: impl Into<String>) {
        self.skipped.push(what.into());
    }
}

impl Memory {
    /// Returns a channel's side of the journal.
    pub fn inbox(&self) -> Inbox {
        Inbox::new(Arc::new(self.clone()))
    }
}

/// Returns a text to send.
fn text(text: &str) -> Action {
    Action::Text { text: text.to_owned(), reply_to: None, buttons: Vec::new(), silent: false }
}

/// A check that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// How soon a stopped channel has to end.
const STOPPING: Duration = Duration::from_secs(2);

/// Between two connections; shorter than the supervisor's wait.
const PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
