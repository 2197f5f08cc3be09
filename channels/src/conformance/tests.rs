//! The suite over the loopback channel, and proof that it finds what is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{Fault, Memory, Received, Rig, run};
use crate::channel::{Ability, Channel, Inbox, ListenError, Traits};
use crate::loopback::Loopback;
use crate::outbound::{Action, Outbound, Place, Receipt, SendError};

/// The loopback channel, perhaps inside something that does it wrong.
#[derive(Debug)]
struct Plain {
    platform: Loopback,
    channel: Arc<dyn Channel>,
}

impl Plain {
    fn new(platform: Loopback) -> Self {
        let channel = Arc::new(platform.clone());
        Self { platform, channel }
    }
}

#[async_trait]
impl Rig for Plain {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::clone(&self.channel)
    }

    fn place(&self) -> Place {
        Place { chat: "ann".to_owned(), thread: None }
    }

    async fn say(&mut self, text: &str) {
        self.platform.say("ann", text);
    }

    async fn cut(&mut self) {
        self.platform.cut();
    }

    async fn restart(&mut self) {
        self.platform.cut();
    }

    async fn stall(&mut self, stalled: bool) {
        self.platform.stall(stalled);
    }

    async fn fail_next(&mut self, fault: Fault) -> bool {
        self.platform.fail_next(fault);
        true
    }

    async fn received(&mut self) -> Vec<Received> {
        self.platform
            .done()
            .into_iter()
            .filter_map(|done| received(done.message, done.outbound.action))
            .collect()
    }
}

fn received(message: Option<String>, action: Action) -> Option<Received> {
    Some(match action {
        Action::Text { text, .. } => Received::Text { message: message.unwrap_or_default(), text },
        Action::Edit { message, text, .. } => Received::Edited { message, text },
        Action::Delete { message } => Received::Deleted(message),
        Action::React { message, emoji } => Received::Reacted { message, emoji },
        Action::Media { files, .. } => Received::Media(files.into_iter().map(|file| file.name).collect()),
        Action::Typing => return None,
        other => Received::Other(format!("{other:?}")),
    })
}

#[tokio::test]
async fn the_loopback_channel_passes() {
    let report = run(async || Plain::new(Loopback::new())).await;
    report.verdict().unwrap();
    assert_eq!(report.skipped, ["the same key is sent once where that is promised: sending once"]);
}

#[tokio::test]
async fn a_channel_with_other_abilities_passes() {
    let mut traits = Loopback::new().traits();
    traits.abilities = Ability::SendOnce | Ability::Edit;
    let report = run(async || Plain::new(Loopback::with(traits))).await;
    report.verdict().unwrap();
    assert!(report.skipped.is_empty());
}

/// What a channel may do wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    AcknowledgesFirst,
    NewIds,
    IgnoresStop,
    AlwaysAlive,
    RetriesByItself,
    SaysAwayWhenUnknown,
    Pretends,
}

#[derive(Debug)]
struct Broken(Loopback, Wrong);

#[async_trait]
impl Channel for Broken {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn traits(&self) -> Traits {
        let mut traits = self.0.traits();
        if matches!(self.1, Wrong::Pretends) {
            traits.abilities = Ability::Edit.into();
        }
        traits
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let wrong = Arc::new(WrongJournal(inbox.clone(), self.1));
        let stop = if matches!(self.1, Wrong::IgnoresStop) { CancellationToken::new() } else { stop };
        if matches!(self.1, Wrong::AlwaysAlive) {
            inbox.alive(std::time::Duration::from_mins(1));
        }
        self.0.listen(Inbox::new(wrong), stop).await
    }

    async fn send(&self, message: Outbound) -> Result<Receipt, SendError> {
        let result = self.0.send(message.clone()).await;
        match (self.1, result) {
            (Wrong::RetriesByItself, Err(_)) => self.0.send(message).await,
            (Wrong::SaysAwayWhenUnknown, Err(mut error)) => {
                error.failure = crate::Failure::Away;
                Err(error)
            }
            (_, result) => result,
        }
    }
}

/// Stands between the channel and the real journal.
#[derive(Debug)]
struct WrongJournal(Inbox, Wrong);

static IDS: AtomicU64 = AtomicU64::new(0);

#[async_trait]
impl crate::Journal for WrongJournal {
    async fn store(
        &self,
        mut batch: Vec<crate::Inbound>,
        cursor: Option<String>,
    ) -> Result<(), crate::JournalError> {
        if matches!(self.1, Wrong::NewIds) {
            for inbound in &mut batch {
                inbound.id = IDS.fetch_add(1, Ordering::SeqCst).to_string();
            }
        }
        let stored = self.0.store(batch, cursor.clone()).await;
        if matches!(self.1, Wrong::AcknowledgesFirst) {
            return self.0.store(Vec::new(), cursor).await;
        }
        stored
    }

    fn cursor(&self) -> Option<String> {
        self.0.cursor()
    }

    fn alive(&self, next: std::time::Duration) {
        self.0.alive(next);
    }

    fn identify(&self, bot: crate::Bot) {
        self.0.identify(bot);
    }

    fn trouble(&self, text: &str) {
        self.0.trouble(text);
    }
}

#[tokio::test]
async fn the_suite_finds_what_is_wrong() {
    let cases = [
        (Wrong::AcknowledgesFirst, "what is not stored comes again"),
        (Wrong::NewIds, "what comes again has the same id"),
        (Wrong::IgnoresStop, "stop ends listen"),
        (Wrong::AlwaysAlive, "only a completed poll is a sign of life"),
        (Wrong::RetriesByItself, "a limit carries its time"),
        (Wrong::SaysAwayWhenUnknown, "what may have happened is unknown"),
    ];
    tokio::time::pause();
    for (wrong, finds) in cases {
        let make = async || {
            let platform = Loopback::new();
            Plain { channel: Arc::new(Broken(platform.clone(), wrong)), platform }
        };
        let report = run(make).await;
        assert!(
            report.failed.iter().any(|(name, _)| *name == finds),
            "{wrong:?} is not found by {finds}: {report}"
        );
    }
}

#[tokio::test]
async fn an_ability_that_works_although_it_is_not_named_is_found() {
    let make = async || {
        let platform = Loopback::new();
        Plain { channel: Arc::new(Broken(platform.clone(), Wrong::Pretends)), platform }
    };
    let report = run(make).await;
    let found: Vec<_> = report.failed.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, ["what the platform cannot do is not tried"], "{report}");
}

#[tokio::test]
async fn a_file_is_fetched_whole_or_not_at_all() {
    let (platform, folder) = (Loopback::new(), tempfile::tempdir().unwrap());
    platform.offer("f", "content");
    let fetch = |limit: u64| {
        let path = folder.path().join(limit.to_string());
        let action = Action::Fetch { file: "f".to_owned(), path, limit };
        let to = Place { chat: "ann".to_owned(), thread: None };
        platform.send(Outbound { to, key: "k".to_owned(), answering: None, action })
    };
    fetch(7).await.unwrap();
    fetch(6).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(folder.path().join("7")).unwrap(), "content");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_journal_in_memory_says_what_never_came() {
    tokio::time::pause();
    let error = Memory::default().until("pigs fly", |seen| seen.alive > 0).await.unwrap_err();
    assert_eq!(error, "it never came that pigs fly");
}
