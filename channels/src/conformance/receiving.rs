//! Checks of what comes in.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::journal::{Memory, StoreFailure};
use super::{PAUSE, Rig, Trial, Verdict, ensure};
use crate::channel::ListenError;

/// The names of the checks.
pub(super) const CHECKS: [&str; 9] = [
    "what is not stored comes again",
    "what comes again has the same id",
    "the cursor resumes after a restart",
    "the order is kept",
    "a cut connection loses nothing",
    "stop ends listen",
    "listen may be dropped at any time",
    "only a completed poll is a sign of life",
    "the bot is named",
];

/// Runs the check of this name, if it is one of these.
pub(super) async fn check<R: Rig>(name: &str, trial: &mut Trial<R>) -> Option<Verdict> {
    let at = CHECKS.iter().position(|known| *known == name)?;
    Some(match at {
        0 => not_stored(trial).await,
        1 => same_id(trial).await,
        2 => cursor(trial).await,
        3 => order(trial).await,
        4 => cut(trial).await,
        5 => stop(trial).await,
        6 => dropped(trial).await,
        7 => alive(trial).await,
        _ => named(trial).await,
    })
}

async fn not_stored<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = trial.begun().await?;
    journal.fail_next(StoreFailure::Lost);
    trial.rig.say("one").await;
    let ended = trial.rig.channel().listen(journal.inbox(), CancellationToken::new()).await;
    ensure(matches!(ended, Err(ListenError::Journal(_))), || {
        format!("a store that failed has to end the connection with the journal's error, not {ended:?}")
    })?;
    trial.listening(&journal, async |_| stored(&journal, &["one"]).await).await
}

async fn same_id<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = trial.begun().await?;
    journal.fail_next(StoreFailure::Lost);
    trial.rig.say("one").await;
    trial.listening(&journal, async |_| stored(&journal, &["one"]).await).await?;
    let offered = journal.seen().offered;
    ensure(offered.len() >= 2 && offered.iter().all(|id| *id == offered[0]), || {
        format!("the same message came under the ids {offered:?}")
    })?;
    let id = offered[0].clone();
    trial.rig.say("one").await;
    trial.listening(&journal, async |_| stored(&journal, &["one", "one"]).await).await?;
    let other = journal.seen().stored.last().map(|inbound| inbound.id.clone());
    ensure(other != Some(id), || "two messages with the same text have the same id".to_owned())
}

async fn cursor<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = trial.begun().await?;
    trial.rig.say("one").await;
    trial.listening(&journal, async |_| stored(&journal, &["one"]).await).await?;
    trial.rig.say("two").await;
    trial.rig.restart().await;
    trial.rig.say("three").await;
    trial.listening(&journal, async |_| stored(&journal, &["one", "two", "three"]).await).await?;
    // Stored, but the channel was told that it was not: it comes again and is left out.
    journal.fail_next(StoreFailure::Unanswered);
    trial.rig.say("four").await;
    trial.rig.say("five").await;
    trial
        .listening(&journal, async |_| stored(&journal, &["one", "two", "three", "four", "five"]).await)
        .await
}

async fn order<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = trial.begun().await?;
    let texts: Vec<String> = (0..25).map(|n| format!("message {n}")).collect();
    let (before, after) = texts.split_at(12);
    for text in before {
        trial.rig.say(text).await;
    }
    let act = async |trial: &mut Trial<R>| {
        trial.connected(&journal).await?;
        for text in after {
            trial.rig.say(text).await;
        }
        let wanted: Vec<&str> = texts.iter().map(String::as_str).collect();
        stored(&journal, &wanted).await
    };
    trial.listening(&journal, act).await
}

async fn cut<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = Memory::default();
    let act = async |trial: &mut Trial<R>| {
        trial.connected(&journal).await?;
        trial.rig.say("one").await;
        trial.rig.cut().await;
        trial.rig.say("two").await;
        stored(&journal, &["one", "two"]).await?;
        trial.rig.cut().await;
        trial.rig.cut().await;
        trial.rig.say("three").await;
        stored(&journal, &["one", "two", "three"]).await
    };
    trial.listening(&journal, act).await
}

async fn stop<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = Memory::default();
    trial.listening(&journal, async |trial| trial.connected(&journal).await).await?;
    // While nobody answers, and before the connection stands.
    trial
        .listening(&journal, async |trial| {
            trial.rig.stall(true).await;
            Ok(())
        })
        .await?;
    trial.listening(&journal, async |_| Ok(())).await?;
    trial.rig.stall(false).await;
    trial.rig.say("after all that").await;
    trial.listening(&journal, async |_| stored(&journal, &["after all that"]).await).await
}

async fn dropped<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = trial.begun().await?;
    let mut texts = Vec::new();
    for n in 0..8_u32 {
        let text = format!("message {n}");
        trial.rig.say(&text).await;
        texts.push(text);
        let channel = trial.rig.channel();
        let listen = channel.listen(journal.inbox(), CancellationToken::new());
        let _ = tokio::time::timeout(Duration::from_millis(u64::from(6 * n * n)), listen).await;
    }
    let wanted: Vec<&str> = texts.iter().map(String::as_str).collect();
    trial.listening(&journal, async |_| stored(&journal, &wanted).await).await
}

async fn alive<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = Memory::default();
    let act = async |trial: &mut Trial<R>| {
        trial.connected(&journal).await?;
        trial.rig.stall(true).await;
        // An answer may have been on its way.
        tokio::time::sleep(PAUSE * 10).await;
        let before = journal.seen().alive;
        trial.rig.cut().await;
        tokio::time::sleep(SILENCE).await;
        let after = journal.seen().alive;
        ensure(before == after, || {
            format!("{} signs of life of a platform that answers nothing", after - before)
        })?;
        trial.rig.stall(false).await;
        journal.until("the channel is alive again", |seen| seen.alive > after).await
    };
    trial.listening(&journal, act).await
}

async fn named<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let journal = Memory::default();
    trial.listening(&journal, async |trial| trial.connected(&journal).await).await?;
    let bot = journal.seen().bot;
    ensure(bot.as_ref().is_some_and(|bot| !bot.id.is_empty() && !bot.name.is_empty()), || {
        format!("the bot is {bot:?}, without id or name")
    })
}

/// Waits until these texts are stored, and nothing else.
async fn stored(journal: &Memory, texts: &[&str]) -> Verdict {
    let waited = journal.until("all is stored", |seen| seen.stored.len() >= texts.len()).await;
    let found = journal.texts();
    ensure(found == texts, || format!("stored is {found:?} and should be {texts:?} ({waited:?})"))
}

/// How long nothing may be heard of a platform that answers nothing.
const SILENCE: Duration = Duration::from_millis(400);
