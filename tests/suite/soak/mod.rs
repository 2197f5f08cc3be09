//! Both platforms with everything that goes wrong, many conversations, for as long as asked: nothing is lost or doubled,
//! the gateway does not grow, and it says how its channels are.
//!
//! `LANDLINE_SOAK_SECONDS=3600 cargo test -p suite soak -- --nocapture` runs it for an hour.

mod growth;
mod honesty;
mod outages;
mod world;

use std::time::{Duration, Instant};

use harness::{Gateway, Options, Rng, within};

use growth::Growth;
use honesty::Honesty;
use outages::{BACK, connected, outbox};
use world::World;

/// How long people talk, unless `LANDLINE_SOAK_SECONDS` says otherwise.
const SECONDS: u64 = 20;

#[tokio::test]
async fn hours_of_faults_lose_nothing_and_cost_nothing() {
    let seconds = std::env::var("LANDLINE_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let mut rng = Rng::announced("soak");
    let mut world = World::new().await;
    let gateway = Gateway::start(Options::default().config(&world.config())).await;
    within(BACK, "the bots are there", async || {
        connected(&gateway, "telegram").await && connected(&gateway, "discord").await
    })
    .await;
    // Everybody says something first, so that the memory of each conversation counts as there from the start.
    for who in world.everybody() {
        world.say(who);
    }
    within(BACK, "everybody has an answer", async || world.answered() == world.asked()).await;

    let (begun, mut honesty) = (Instant::now(), Honesty::default());
    world.faults(rng.number());
    let mut sizes = world.talk(time / 2, begun, &mut rng, &gateway, &mut honesty).await;
    world.no_faults();
    within(BACK * 2, "the bots are there again", async || {
        connected(&gateway, "telegram").await && connected(&gateway, "discord").await
    })
    .await;
    let took = outages::all(&mut world, &gateway).await;
    world.faults(rng.number());
    sizes.extend(world.talk(time / 2, begun, &mut rng, &gateway, &mut honesty).await);
    world.no_faults();

    let mut rows = Vec::new();
    within(Duration::from_mins(3), "every message has its answer or is shown as in doubt", async || {
        rows = outbox(&gateway).await;
        world.lost(&rows).is_empty()
    })
    .await;
    let growth = Growth::of(&sizes);
    println!(
        "soak of {time:?}: {} messages, {} answers, {} in doubt, {} faults; {growth:?}; {honesty:?}; {took:?}",
        world.asked(),
        world.answered(),
        rows.iter().filter(|row| row["state"] == "unknown").count(),
        world.injected(),
    );
    world.assert_once();
    assert!(growth.is_flat(), "the gateway grew: {growth:?}: {sizes:.1?}");
}
