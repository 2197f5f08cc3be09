//! Long answers with sections, on a platform that has cards and on one that refuses them.

use super::*;
use channels::Ability;
use channels::loopback::Fault;

/// A platform whose messages hold 400 units.
fn small() -> Loopback {
    let mut traits = Loopback::new().traits();
    traits.text.max = 400;
    Loopback::with(traits)
}

fn titles(done: &[Done]) -> Vec<(Option<String>, Vec<String>)> {
    let cards = done.iter().filter_map(|done| match &done.outbound.action {
        Action::Cards { message, cards, .. } => {
            Some((message.clone(), cards.iter().map(|card| card.title.clone()).collect()))
        }
        _ => None,
    });
    cards.collect()
}

fn parts(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("Part {number}")).collect()
}

#[tokio::test]
async fn sections_come_as_cards_and_the_draft_becomes_them() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), small());
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    let mut account = open(Arc::new(platform.clone()));
    account.section.streaming = Streaming::Partial;
    world.bridge.start_account(account).await.unwrap();
    platform.say("ann", "sections 4");
    let done = until(&platform, |done| !titles(done).is_empty()).await;
    assert_eq!(titles(&done), [(None, parts(4))], "written at once there was no draft");
    platform.say("bob", "hold 1\n\n# A\n# B\n");
    until(&platform, |done| texts(done) == ["so far"]).await;
    let draft = platform.done().pop().unwrap().message;
    assert!(draft.is_some());
    platform.say("ann", "sections 25");
    let done = until(&platform, |done| titles(done).len() == 4).await;
    let shown: Vec<_> = titles(&done).into_iter().skip(1).flat_map(|(_, titles)| titles).collect();
    assert_eq!(shown, parts(25), "ten in a message");
    world.gate.add_permits(1);
    until(&platform, |done| done.iter().any(|done| matches!(done.outbound.action, Action::Edit { .. })))
        .await;
    world.end().await;
}

#[tokio::test]
async fn refused_cards_come_as_plain_messages_that_nothing_overtakes() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), small());
    let world = World::with(dir.path(), &platform).await;
    platform.fail_next(Fault::Refused);
    platform.say("ann", "sections 6");
    platform.say("ann", "next");
    let done = until(&platform, |done| texts(done).last().is_some_and(|last| last == "echo: next")).await;
    assert_eq!(titles(&done), []);
    let said = texts(&done);
    assert!(said.len() >= 4, "{said:?}");
    let whole: String = (1..=6).map(section).collect();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&said[..said.len() - 1].join(" ")), words(&whole));
    let keys: BTreeSet<_> = done.iter().map(|done| done.outbound.key.clone()).collect();
    assert_eq!(keys.len(), done.len(), "each message has a key of its own");
    world.end().await;
}

#[tokio::test]
async fn of_refused_cards_what_may_have_arrived_is_shown_and_the_rest_still_comes() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), small());
    let world = World::with(dir.path(), &platform).await;
    platform.fail_next(Fault::Refused);
    platform.fail_next(Fault::CutAfter);
    platform.say("ann", "sections 6");
    let done = until(&platform, |done| texts(done).iter().any(|text| text.contains("Part 6"))).await;
    for number in 1..=6 {
        let mark = format!("Part {number}\n");
        assert_eq!(texts(&done).iter().filter(|text| text.contains(&mark)).count(), 1, "{mark}");
    }
    assert_eq!(world.status().await.outbox.unknown, 1);
    world.end().await;
}

#[tokio::test]
async fn without_cards_the_answer_is_plain() {
    let mut traits = small().traits();
    traits.abilities -= Ability::Cards;
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::with(traits));
    let world = World::with(dir.path(), &platform).await;
    platform.say("ann", "sections 6");
    let done = until(&platform, |done| texts(done).iter().any(|text| text.contains("Part 6"))).await;
    assert_eq!(titles(&done), []);
    assert!(texts(&done).len() >= 3);
    world.end().await;
}
