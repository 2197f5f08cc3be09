//! Whether the status tells the truth: what it says of a channel, against what the platform itself saw.

use std::time::{Duration, Instant};

use harness::Gateway;
use schemas::Clock;
use serde_json::Value;

use super::world::World;

/// Time between two looks at the status.
const EVERY: Duration = Duration::from_secs(1);
/// How long a Telegram that answers no poll may still count as there: a poll is held open for 30 s and is dead 15 s
/// after that; the rest is the machine's.
pub const POLL: Duration = Duration::from_secs(50);
/// How long a Discord that acknowledges nothing may still count as there: heartbeats come every 2 s here.
const BEAT: Duration = Duration::from_secs(12);
/// How much later than the platform the gateway may date a sign of life; also what a look takes.
const LATER: i64 = 3000;

/// What was seen of the status.
#[derive(Debug, Default)]
pub struct Honesty {
    last: Option<Instant>,
    /// Looks at the status.
    pub looks: u32,
    /// Those at which Telegram was connected.
    pub telegram: u32,
    /// Those at which Discord was connected.
    pub discord: u32,
}

impl Honesty {
    /// Compares what the status says with what the platforms saw; panics at a lie.
    pub async fn look(&mut self, world: &World, gateway: &Gateway) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        // What was true before the look and longer than a channel may be silent, the status must know.
        let (before, telegram_before, discord_before) =
            (Clock::system().now(), world.telegram_spoke(), world.discord_heard().unwrap_or_default());
        let status = gateway.cli(&["channels", "status", "--json"]).await.ok().json();
        let now = Clock::system().now();
        self.looks += 1;
        let telegram = &status["channelAccounts"]["telegram"][0];
        if telegram["connected"] == true {
            self.telegram += 1;
            let silent = telegram_before.unwrap_or_default();
            assert!(
                silent < POLL,
                "Telegram is shown as there; it answered no poll for {silent:?}: {telegram}"
            );
            let spoke = world.telegram_spoke().expect("a poll was answered");
            // Never younger than what the platform said last.
            let claimed = now - claimed(telegram);
            let spoke = i64::try_from(spoke.as_millis()).expect("short");
            assert!(claimed + LATER >= spoke, "a sign of life {claimed} ms ago; the last was {spoke} ms ago");
        }
        let discord = &status["channelAccounts"]["discord"][0];
        if discord["connected"] == true {
            self.discord += 1;
            let age = Duration::from_millis(u64::try_from(before - claimed(discord)).unwrap_or_default());
            assert!(age < BEAT, "Discord is shown as there; it acknowledged nothing for {age:?}: {discord}");
            let heard = discord_before;
            assert!(heard < BEAT, "Discord is shown as there; it heard nothing for {heard:?}: {discord}");
        }
    }
}

fn claimed(status: &Value) -> i64 {
    status["lastTransportActivityAt"]
        .as_i64()
        .unwrap_or_else(|| panic!("connected without a sign of life: {status}"))
}
