//! Both platforms of a soak, who is there, and what they said.

use std::time::{Duration, Instant};

use harness::fakes::discord::{FakeDiscord, Fault as GuildFault, Id, Options as Guilds, Random, Received};
use harness::fakes::telegram::{
    Chat, Content, FakeTelegram, Fault, Faults, Limits, Options as Bots, Outcome,
};
use harness::{Gateway, Rng};
use serde_json::Value;

use super::growth::Reading;
use super::honesty::Honesty;

/// People on each platform.
const PEOPLE: i64 = 20;
/// Time between two messages of anybody.
const PAUSE: Duration = Duration::from_millis(100);

const CONFIG: &str = "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\ndefault = true\n\
                      max_concurrent = 16\n";

/// Both platforms and who is there.
pub struct World {
    pub telegram: FakeTelegram,
    pub discord: FakeDiscord,
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
    pub async fn new() -> Self {
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

    pub fn config(&self) -> String {
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

    /// Everybody, Telegram and Discord in turn.
    pub fn everybody(&self) -> std::ops::Range<usize> {
        0..self.people.len()
    }

    pub fn say(&mut self, who: usize) {
        let person = &mut self.people[who];
        let text = format!("<{who}.{}>", person.said.len());
        match person.place {
            Place::Telegram(user, chat) => drop(self.telegram.say(chat, user, Content::text(text.clone()))),
            Place::Discord(user, dm) => drop(self.discord.say(dm, user, text.as_str())),
        }
        person.said.push(text);
    }

    /// Returns what the bot answered somebody; lines with buttons are no answers.
    pub fn answers(&self, who: usize) -> Vec<String> {
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

    pub fn asked(&self) -> usize {
        self.people.iter().map(|person| person.said.len()).sum()
    }

    pub fn answered(&self) -> usize {
        self.everybody().map(|who| self.answers(who).len()).sum()
    }

    /// Returns what is neither answered nor shown as in doubt.
    pub fn lost(&self, outbox: &[Value]) -> Vec<String> {
        self.everybody().flat_map(|who| self.lost_of(who, outbox)).collect()
    }

    fn lost_of(&self, who: usize, outbox: &[Value]) -> Vec<String> {
        let (said, answers) = (&self.people[who].said, self.answers(who));
        let held = |text: &&String| answers.iter().any(|answer| answer.contains(text.as_str()));
        let missing: Vec<String> = said.iter().filter(|text| !held(text)).cloned().collect();
        // A run that failed is answered with the reason, which does not repeat what was said.
        let others = answers.iter().filter(|answer| !said.iter().any(|text| answer.contains(text))).count();
        let chat = match self.people[who].place {
            Place::Telegram(user, _) => user.to_string(),
            Place::Discord(_, dm) => dm.to_string(),
        };
        let doubtful = outbox.iter().filter(|row| {
            let preview = row["preview"].as_str().unwrap_or_default();
            row["state"] == "unknown"
                && row["chat"] == chat.as_str()
                && missing.iter().any(|text| preview.contains(text))
        });
        if missing.len() > others + doubtful.count() { missing } else { Vec::new() }
    }

    /// Panics if anything was answered twice.
    pub fn assert_once(&self) {
        for (who, person) in self.people.iter().enumerate() {
            let answers = self.answers(who);
            for said in &person.said {
                let count = answers.iter().filter(|answer| answer.contains(said.as_str())).count();
                assert!(count <= 1, "{said} was answered {count} times: {answers:?}");
            }
            assert!(answers.len() <= person.said.len(), "{who}: {answers:?}");
        }
    }

    /// One call in a hundred goes wrong from now on.
    pub fn faults(&self, seed: u64) {
        let mut random = Random::of(seed, 10);
        random.rest.extend([GuildFault::HangBefore, GuildFault::HangAfter]);
        self.discord.faults_at_random(Some(random));
        let all = [
            Fault::TooMany(1),
            Fault::ServerError,
            Fault::BadGateway,
            Fault::LateGateway,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::CutWithin,
            Fault::HangBefore,
            Fault::HangAfter,
            Fault::Slow(Duration::from_millis(300)),
            Fault::Duplicates,
            Fault::Reorder,
        ];
        self.telegram.faults(|faults| drop(faults.random(seed, 0.01, &all, &[]).injected()));
    }

    pub fn no_faults(&self) {
        self.discord.clear_faults();
        self.telegram.faults(Faults::clear);
    }

    pub fn injected(&self) -> u64 {
        let telegram: u64 = self.telegram.faults(|faults| faults.injected().values().sum());
        telegram + self.discord.injected().values().sum::<u64>()
    }

    /// Returns the time since Telegram answered a poll completely.
    pub fn telegram_spoke(&self) -> Option<Duration> {
        let poll = self.telegram.last(|call| {
            call.method == "getUpdates" && matches!(call.outcome, Outcome::Done(_)) && call.answered.is_some()
        });
        Some(self.telegram.now().saturating_sub(poll?.answered?))
    }

    /// Returns the time since Discord heard a heartbeat.
    pub fn discord_heard(&self) -> Option<Duration> {
        let beats = self.discord.received().into_iter().filter_map(|one| match one {
            Received::Frame { op: Some(1), at, .. } => Some(at),
            _ => None,
        });
        Some(self.discord.now().saturating_sub(beats.max()?))
    }

    /// Lets people talk for a time; returns the gateway's memory as it was meanwhile, from `begun` on.
    pub async fn talk(
        &mut self,
        time: Duration,
        begun: Instant,
        rng: &mut Rng,
        gateway: &Gateway,
        honesty: &mut Honesty,
    ) -> Vec<Reading> {
        let (started, mut sizes) = (Instant::now(), Vec::new());
        let every = (time / 200).max(PAUSE);
        let mut next = started;
        while started.elapsed() < time {
            let who = usize::try_from(rng.below(self.people.len() as u64)).expect("small");
            self.say(who);
            if Instant::now() >= next {
                next += every;
                sizes.push((begun.elapsed(), mebibytes(gateway)));
                if sizes.len() % 20 == 0 {
                    println!(
                        "{:.0?}: {} messages, {:.1} MiB",
                        begun.elapsed(),
                        self.asked(),
                        mebibytes(gateway)
                    );
                }
                honesty.look(self, gateway).await;
                self.discord.forget_received();
            }
            tokio::time::sleep(PAUSE).await;
        }
        sizes
    }
}

fn mebibytes(gateway: &Gateway) -> f64 {
    let kib = u32::try_from(gateway.memory("RssAnon") / 1024).expect("less than 4 TiB");
    f64::from(kib) / 1024.0
}
