//! Both platforms with everything that goes wrong, many conversations, for as long as asked: nothing is lost or doubled,
//! the gateway does not grow, and it says how its channels are.
//!
//! `LANDLINE_SOAK_SECONDS=3600 cargo test -p suite soak -- --nocapture` runs it for an hour.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use harness::fakes::discord::{FakeDiscord, GatewayFault, Id, Options as Guilds, Random};
use harness::fakes::telegram::{Chat, Content, FakeTelegram, Fault, Limits, Options as Bots};
use harness::{Gateway, Options, Rng, within};
use serde_json::Value;

/// How long people talk, unless `LANDLINE_SOAK_SECONDS` says otherwise.
const SECONDS: u64 = 20;
/// People on each platform.
const PEOPLE: i64 = 20;
/// Time between two messages of anybody.
const PAUSE: Duration = Duration::from_millis(100);
/// How soon the status has to tell that a platform is away, or silent for two heartbeats.
const HONEST: Duration = Duration::from_secs(30);
/// How soon a platform that is back has to be in use again: the longest wait between two connections, and some.
const BACK: Duration = Duration::from_mins(1);
/// Most memory that may be gained between the second and the last quarter.
const NOISE: f64 = 12.0;

const CONFIG: &str = "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\ndefault = true\n\
                      max_concurrent = 16\n";

/// Both platforms and who is there.
struct World {
    telegram: FakeTelegram,
    discord: FakeDiscord,
    people: Vec<Person>,
}

/// Somebody, where they write and what they said.
struct Person {
    place: Place,
    said: Vec<String>,
}

#[derive(Clone, Copy)]
enum Place {
    Telegram(i64, Chat),
    Discord(Id, Id),
}

impl World {
    async fn new() -> Self {
        let limits = Limits::real();
        let telegram = FakeTelegram::start(Bots { limits, ..Bots::default() }).await;
        let heartbeat = Duration::from_secs(2);
        let identify_interval = Duration::ZERO;
        let discord = FakeDiscord::start(Guilds { heartbeat, identify_interval, ..Guilds::default() }).await;
        let mut places = Vec::new();
        for id in 1..=PEOPLE {
            places.push(Place::Telegram(telegram.user(id, "Someone"), telegram.direct(id)));
            let person = discord.person(&format!("Person {id}"));
            places.push(Place::Discord(person, discord.dm(person)));
        }
        let people = places.into_iter().map(|place| Person { place, said: Vec::new() }).collect();
        Self { telegram, discord, people }
    }

    fn config(&self) -> String {
        let account = |channel: &str, token: &str, root: &str| {
            format!(
                "[channels.{channel}.main]\ntoken = \"{token}\"\napi_root = \"{root}\"\ndm_policy = \"open\"\n\
                 allow_from = [\"*\"]\n"
            )
        };
        let telegram = account("telegram", &self.telegram.token(), &self.telegram.root());
        let discord = account("discord", &self.discord.token(), &self.discord.root());
        format!("{CONFIG}\n{telegram}\n{discord}")
    }

    fn say(&mut self, who: usize) {
        let person = &mut self.people[who];
        let text = format!("<{who}.{}>", person.said.len());
        match person.place {
            Place::Telegram(user, chat) => drop(self.telegram.say(chat, user, Content::text(text.clone()))),
            Place::Discord(user, dm) => drop(self.discord.say(dm, user, text.as_str())),
        }
        person.said.push(text);
    }

    /// Returns what the bot answered somebody; lines with buttons are no answers.
    fn answers(&self, who: usize) -> Vec<String> {
        match self.people[who].place {
            Place::Telegram(_, chat) => {
                let said = self.telegram.from_bot(chat).into_iter();
                said.filter(|shown| shown.buttons.is_empty()).map(|shown| shown.text).collect()
            }
            Place::Discord(_, dm) => {
                let said = self.discord.answers(dm).into_iter();
                said.filter(|seen| seen.components.is_empty()).map(|seen| seen.text).collect()
            }
        }
    }

    fn asked(&self) -> usize {
        self.people.iter().map(|person| person.said.len()).sum()
    }

    fn answered(&self) -> usize {
        (0..self.people.len()).map(|who| self.answers(who).len()).sum()
    }

    /// One call in a hundred goes wrong from now on.
    fn faults(&self, seed: u64) {
        self.discord.faults_at_random(Some(Random::of(seed, 10)));
        let all = [
            Fault::TooMany(1),
            Fault::ServerError,
            Fault::BadGateway,
            Fault::LateGateway,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::CutWithin,
            Fault::Slow(Duration::from_millis(300)),
            Fault::Duplicates,
            Fault::Reorder,
        ];
        self.telegram.faults(|faults| drop(faults.random(seed, 0.01, &all, &[]).injected()));
    }

    fn no_faults(&self) {
        self.discord.clear_faults();
        self.telegram.faults(harness::fakes::telegram::Faults::clear);
    }

    fn injected(&self) -> u64 {
        let telegram: u64 = self.telegram.faults(|faults| faults.injected().values().sum());
        telegram + self.discord.injected().values().sum::<u64>()
    }

    /// Lets people talk for a time; returns the gateway's memory in MiB as it was meanwhile.
    async fn talk(&mut self, time: Duration, rng: &mut Rng, gateway: &Gateway) -> Vec<f64> {
        let (started, mut sizes) = (Instant::now(), Vec::new());
        let every = (time / 200).max(PAUSE);
        let mut next = started;
        while started.elapsed() < time {
            let who = usize::try_from(rng.below(self.people.len() as u64)).expect("small");
            self.say(who);
            if Instant::now() >= next {
                next += every;
                sizes.push(mebibytes(gateway));
                self.discord.forget_received();
            }
            tokio::time::sleep(PAUSE).await;
        }
        sizes
    }
}

fn mebibytes(gateway: &Gateway) -> f64 {
    let kib = u32::try_from(gateway.memory("VmRSS") / 1024).expect("less than 4 TiB");
    f64::from(kib) / 1024.0
}

/// Returns what the status says of a channel's only account.
async fn status(gateway: &Gateway, channel: &str) -> Value {
    let status = gateway.cli(&["channels", "status", "--json"]).await.ok().json();
    status["channelAccounts"][channel][0].clone()
}

async fn connected(gateway: &Gateway, channel: &str) -> bool {
    status(gateway, channel).await["connected"] == true
}

/// Takes both platforms away and back, and lets Discord fall silent; the status has to tell. Returns how soon it did.
async fn outages(world: &World, gateway: &Gateway) -> BTreeMap<&'static str, Duration> {
    let mut took = BTreeMap::new();
    let is = async |channel, wanted| connected(gateway, channel).await == wanted;
    world.telegram.down().await;
    world.discord.go_down();
    let gone = within(HONEST, "telegram is shown as away", async || is("telegram", false).await).await;
    took.insert("telegram away", gone);
    let gone = within(HONEST, "discord is shown as away", async || is("discord", false).await).await;
    took.insert("discord away", gone);
    for _ in 0..10 {
        assert!(is("telegram", false).await && is("discord", false).await, "shown as there while it is away");
    }
    world.telegram.up().await;
    world.discord.come_back().await;
    let back = within(BACK, "telegram is back", async || is("telegram", true).await).await;
    took.insert("telegram back", back);
    let back = within(BACK, "discord is back", async || is("discord", true).await).await;
    took.insert("discord back", back);

    world.discord.mute_gateway(true);
    world.discord.break_gateway(&GatewayFault::Mute);
    let gone = within(HONEST, "discord is shown as silent", async || is("discord", false).await).await;
    took.insert("discord silent", gone);
    world.discord.mute_gateway(false);
    // Who was never greeted waits half a minute for it; an end of the connection is seen at once.
    world.discord.break_gateway(&GatewayFault::Cut);
    let back = within(BACK, "discord speaks again", async || is("discord", true).await).await;
    took.insert("discord speaks", back);
    took
}

fn mean(sizes: &[f64]) -> f64 {
    sizes.iter().sum::<f64>() / f64::from(u32::try_from(sizes.len()).expect("few"))
}

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
    for who in 0..world.people.len() {
        world.say(who);
    }
    within(BACK, "everybody has an answer", async || world.answered() == world.asked()).await;

    world.faults(rng.number());
    let mut sizes = world.talk(time / 2, &mut rng, &gateway).await;
    world.no_faults();
    let took = outages(&world, &gateway).await;
    world.faults(rng.number());
    sizes.extend(world.talk(time / 2, &mut rng, &gateway).await);
    world.no_faults();

    let mut unknown = 0;
    within(Duration::from_mins(3), "every message has its answer or is shown as in doubt", async || {
        unknown = 0;
        for channel in ["telegram", "discord"] {
            unknown += status(&gateway, channel).await["unknown"].as_u64().unwrap_or_default();
        }
        world.answered() + usize::try_from(unknown).expect("few") >= world.asked()
    })
    .await;
    let quarter = sizes.len() / 4;
    let (early, late) = (mean(&sizes[quarter..2 * quarter]), mean(&sizes[3 * quarter..]));
    println!(
        "soak of {time:?}: {} messages, {} answers, {unknown} in doubt, {} faults; memory {early:.1} MiB in the second \
         quarter, {late:.1} MiB in the last; {took:?}",
        world.asked(),
        world.answered(),
        world.injected(),
    );
    for (who, person) in world.people.iter().enumerate() {
        let answers = world.answers(who);
        for said in &person.said {
            let count = answers.iter().filter(|answer| answer.contains(said.as_str())).count();
            assert!(count <= 1, "{said} was answered {count} times: {answers:?}");
        }
        assert!(answers.len() <= person.said.len(), "{who}: {answers:?}");
    }
    assert!(late - early < NOISE, "the gateway grew from {early:.1} to {late:.1} MiB: {sizes:.1?}");
}
