//! Platforms that are away, silent, or leave single calls without an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::fakes::discord::{Fault as GuildFault, GatewayFault, On};
use harness::fakes::telegram::Fault;
use harness::{Gateway, within};
use serde_json::Value;

use super::honesty::POLL;
use super::world::World;

/// How soon the status has to tell that a platform is away, or silent for two heartbeats.
const HONEST: Duration = Duration::from_secs(30);
/// How soon a platform that is back has to be in use again: the longest wait between two connections, and some.
pub const BACK: Duration = Duration::from_mins(1);
/// How soon a call without an answer has to be given up.
const GIVEN_UP: Duration = Duration::from_secs(45);

/// How soon the status told of each change.
pub type Took = BTreeMap<&'static str, Duration>;

/// Returns what the status says of a channel's only account.
async fn status(gateway: &Gateway, channel: &str) -> Value {
    let status = gateway.cli(&["channels", "status", "--json"]).await.ok().json();
    status["channelAccounts"][channel][0].clone()
}

/// Returns whether the status shows a channel as there.
pub async fn connected(gateway: &Gateway, channel: &str) -> bool {
    status(gateway, channel).await["connected"] == true
}

/// Returns the messages that wait, failed, or whose fate is unknown.
pub async fn outbox(gateway: &Gateway) -> Vec<Value> {
    let list = gateway.cli(&["call", "channels.outbox.list", "{\"limit\":200}"]).await.ok().json();
    list["messages"].as_array().cloned().unwrap_or_default()
}

/// Waits until the status says of a channel what it should.
async fn until(gateway: &Gateway, channel: &str, wanted: bool, limit: Duration) -> Duration {
    let what = format!("{channel} is shown as connected: {wanted}");
    within(limit, &what, async || connected(gateway, channel).await == wanted).await
}

/// Does all that can happen to a platform as a whole; the status has to tell.
pub async fn all(world: &mut World, gateway: &Gateway) -> Took {
    let mut took = Took::new();
    away(world, gateway, &mut took).await;
    mute(world, gateway, &mut took).await;
    unanswered(world, gateway, &mut took).await;
    silent(world, gateway, &mut took).await;
    took
}

/// Both platforms go away and come back.
async fn away(world: &World, gateway: &Gateway, took: &mut Took) {
    world.telegram.down().await;
    world.discord.go_down();
    took.insert("telegram away", until(gateway, "telegram", false, HONEST).await);
    took.insert("discord away", until(gateway, "discord", false, HONEST).await);
    for _ in 0..10 {
        let shown = connected(gateway, "telegram").await || connected(gateway, "discord").await;
        assert!(!shown, "shown as there while it is away");
    }
    world.telegram.up().await;
    world.discord.come_back().await;
    took.insert("telegram back", until(gateway, "telegram", true, BACK).await);
    took.insert("discord back", until(gateway, "discord", true, BACK).await);
}

/// Discord's gateway falls silent; its REST interface answers.
async fn mute(world: &World, gateway: &Gateway, took: &mut Took) {
    world.discord.mute_gateway(true);
    world.discord.break_gateway(&GatewayFault::Mute);
    took.insert("discord mute", until(gateway, "discord", false, HONEST).await);
    world.discord.mute_gateway(false);
    // Who was never greeted waits half a minute for it; an end of the connection is seen at once.
    world.discord.break_gateway(&GatewayFault::Cut);
    took.insert("discord speaks", until(gateway, "discord", true, BACK).await);
}

/// One message on each platform gets no answer; nobody else waits for it, and it is given up in time.
async fn unanswered(world: &mut World, gateway: &Gateway, took: &mut Took) {
    let before = world.answered();
    let doubts = async || outbox(gateway).await.iter().filter(|row| row["state"] == "unknown").count();
    let doubted = doubts().await;
    world.telegram.faults(|faults| drop(faults.next("sendMessage", Fault::HangBefore).injected()));
    world.discord.fault(On::send(), GuildFault::HangAfter);
    world.say(0);
    world.say(1);
    within(HONEST, "both calls hang", async || {
        world.telegram.faults(|faults| faults.injected().contains_key("hang-before"))
            && world.discord.injected().contains_key("HangAfter")
    })
    .await;
    world.say(2);
    world.say(3);
    let others = within(HONEST, "others are answered", async || world.answered() >= before + 2).await;
    took.insert("others meanwhile", others);
    // Telegram's is in doubt from then on; Discord's is repeated under its nonce and was there all the time.
    let given_up = within(GIVEN_UP, "the call is given up", async || doubts().await > doubted).await;
    took.insert("unanswered call", given_up);
    let there = connected(gateway, "telegram").await && connected(gateway, "discord").await;
    assert!(there, "a call without an answer is no reason to connect again");
}

/// Both platforms neither answer nor cut anything.
async fn silent(world: &World, gateway: &Gateway, took: &mut Took) {
    world.telegram.silence(true);
    world.discord.silence(true);
    took.insert("discord silent", until(gateway, "discord", false, HONEST).await);
    took.insert("telegram silent", until(gateway, "telegram", false, POLL).await);
    for _ in 0..10 {
        let shown = connected(gateway, "telegram").await || connected(gateway, "discord").await;
        assert!(!shown, "shown as there while it is silent");
    }
    world.telegram.silence(false);
    world.discord.silence(false);
    took.insert("telegram answers", until(gateway, "telegram", true, BACK).await);
    took.insert("discord answers", until(gateway, "discord", true, BACK).await);
}
