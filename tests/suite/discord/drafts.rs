//! What a kill leaves of an answer that was being written: the message that showed it becomes the end of it, even if
//! nobody had heard that it arrived.

use std::time::Duration;

use harness::fakes::discord::{FakeDiscord, Fault, On};

use super::{OPEN, answer, gateway, platform, shell, until};

const SLOW: &str = "echo \"first words\"; sleep 60; echo \"last words\"";

/// Waits until the one message of the bot says something else than its draft.
async fn ended(discord: &FakeDiscord, dm: harness::fakes::discord::Id, draft: &str) {
    until(discord, "the draft becomes the end", |seen| {
        let said = seen.answers(dm);
        assert!(said.len() <= 1, "one message: {said:?}");
        said.first().is_some_and(|said| said.text != draft && !said.earlier.is_empty())
    })
    .await;
}

#[tokio::test]
async fn a_draft_of_before_the_kill_becomes_the_end_of_its_answer() {
    let discord = platform().await;
    let mut gateway = gateway(&discord, &shell(SLOW), OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    discord.say(dm, ada, "speak");
    let draft = answer(&discord, dm, "first words").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    gateway.restart().await;
    ended(&discord, dm, &draft.text).await;
}

#[tokio::test]
async fn a_draft_that_nobody_knows_of_is_found_again() {
    let discord = platform().await;
    let mut gateway = gateway(&discord, &shell(SLOW), OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    discord.fault(On::send(), Fault::HangAfter);
    discord.say(dm, ada, "speak");
    let draft = answer(&discord, dm, "first words").await;
    gateway.restart().await;
    ended(&discord, dm, &draft.text).await;
}

#[tokio::test]
async fn a_draft_that_never_arrived_leaves_nothing_behind() {
    let discord = platform().await;
    let mut gateway = gateway(&discord, &shell(SLOW), OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    discord.fault(On::send(), Fault::HangBefore);
    discord.say(dm, ada, "speak");
    until(&discord, "the draft hangs", |seen| !seen.injected().is_empty()).await;
    gateway.restart().await;
    ended(&discord, dm, "…").await;
}
