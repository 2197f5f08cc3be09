//! Answers that are shown while they are written.

use super::*;
use channels::loopback::Fault;

fn streaming(platform: &Loopback, rate: Rate) -> Account {
    let mut account = open(Arc::new(platform.clone()));
    account.section.streaming = Streaming::Partial;
    account.limits = Limits { direct: rate, group: rate, ..account.limits };
    account
}

/// Returns the messages that were sent and how each reads in the end; removed ones are left out.
fn screen(done: &[Done]) -> Vec<String> {
    let mut shown: Vec<(String, String)> = Vec::new();
    for done in done {
        match &done.outbound.action {
            Action::Text { text, .. } => shown.push((done.message.clone().unwrap(), text.clone())),
            Action::Edit { message, text, .. } => {
                shown
                    .iter_mut()
                    .filter(|(id, _)| id == message)
                    .for_each(|(_, shown)| shown.clone_from(text));
            }
            Action::Delete { message } => shown.retain(|(id, _)| id != message),
            _ => {}
        }
    }
    shown.into_iter().map(|(_, text)| text).collect()
}

fn whole(count: usize) -> String {
    (0..count).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn one_message_grows_into_the_answer_within_the_budget() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    // Twenty in 600 ms stand for twenty in a minute.
    let rate = Rate { burst: 5, every: Duration::from_millis(40) };
    world.bridge.start_account(streaming(&platform, rate)).await.unwrap();
    platform.fail_next(Fault::Limited(Duration::from_millis(100)));
    platform.say("ann", "stream 60");
    let done = until(&platform, |done| screen(done) == [whole(60)]).await;
    let edits = done.iter().filter(|done| matches!(done.outbound.action, Action::Edit { .. })).count();
    assert!((2..=20).contains(&edits), "{edits} edits");
    assert_eq!(texts(&done).len(), 1, "one message only");
    assert!(platform.attempts() <= 27, "{} requests", platform.attempts());
    world.until(|| async { world.status().await.outbox.open == 0 }).await;
    world.end().await;
}

#[tokio::test]
async fn a_long_answer_takes_the_place_of_its_draft() {
    let mut traits = Loopback::new().traits();
    traits.text.max = 120;
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::with(traits));
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    world
        .bridge
        .start_account(streaming(&platform, open(Arc::new(platform.clone())).limits.direct))
        .await
        .unwrap();
    platform.say("ann", "stream 40");
    let done = until(&platform, |done| {
        done.iter().any(|done| matches!(done.outbound.action, Action::Delete { .. }))
    })
    .await;
    assert_eq!(screen(&done).join(" "), whole(40));
    assert!(screen(&done).len() >= 3);
    world.end().await;
}

#[tokio::test]
async fn the_answer_does_not_depend_on_its_draft() {
    let mut traits = Loopback::new().traits();
    traits.abilities -= channels::Ability::Typing;
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::with(traits));
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    world
        .bridge
        .start_account(streaming(&platform, open(Arc::new(platform.clone())).limits.direct))
        .await
        .unwrap();
    platform.say("ann", "hold 1");
    until(&platform, |done| screen(done) == ["so far"]).await;
    // The person removes the draft: the edit of it finds nothing.
    platform.fail_next(Fault::Gone);
    world.gate.add_permits(1);
    let done = until(&platform, |done| texts(done).len() == 2).await;
    assert_eq!(texts(&done)[1], "held 1");
    platform.fail_next(Fault::CutAfter);
    platform.say("bob", "hold 2");
    until(&platform, |done| texts(done).len() == 3).await;
    world.gate.add_permits(1);
    let done = until(&platform, |done| texts(done).len() == 4).await;
    assert_eq!(texts(&done)[2..], ["so far", "held 2"], "of a draft in doubt there is never a second one");
    world.end().await;
}

#[tokio::test]
async fn a_draft_in_doubt_that_said_it_all_is_not_said_again() {
    let mut traits = Loopback::new().traits();
    traits.abilities -= channels::Ability::Typing;
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::with(traits));
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    let account = streaming(&platform, open(Arc::new(platform.clone())).limits.direct);
    world.bridge.start_account(account).await.unwrap();
    platform.fail_next(Fault::CutAfter);
    platform.say("ann", "same");
    until(&platform, |done| texts(done) == ["all of it"]).await;
    world.gate.add_permits(1);
    let done = until(&platform, |done| texts(done).len() == 2).await;
    assert!(texts(&done)[1].contains("whether it arrived"), "one tap says it again: {:?}", texts(&done));
    assert_eq!(world.outbox().await.iter().filter(|row| row.state == "unknown").count(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_draft_of_before_a_restart_is_the_one_that_is_edited() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let account = || streaming(&platform, open(Arc::new(platform.clone())).limits.direct);
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    world.bridge.start_account(account()).await.unwrap();
    platform.say("ann", "hold 1");
    until(&platform, |done| screen(done) == ["so far"]).await;
    let drafted = || async {
        let row = world.store.read(|db| inbound::get(db, 1)).await.unwrap().unwrap();
        row.draft.is_some_and(|draft| !draft.is_empty())
    };
    world.until(drafted).await;
    world.bridge.0.parts.engine.leave();
    world.end().await;
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    world.bridge.start_account(account()).await.unwrap();
    world.gate.add_permits(1);
    let done = until(&platform, |done| screen(done) == ["held 1"]).await;
    assert_eq!(texts(&done).len(), 1);
    world.end().await;
}

#[tokio::test]
async fn typing_is_shown_while_the_run_is_alive_and_not_after() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.say("ann", "hold 1");
    let typing = |done: &[Done]| done.iter().filter(|done| done.outbound.action == Action::Typing).count();
    until(&platform, |done| typing(done) >= 3).await;
    world.gate.add_permits(1);
    until(&platform, |done| !texts(done).is_empty()).await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    let done = platform.done();
    assert!(text_of(&done[done.len() - 1]).is_some(), "the answer is the last thing: {done:?}");
    world.end().await;
}
