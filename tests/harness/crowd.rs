//! Many people who talk to a bot while its gateway is killed over and over: the shape of that test for every platform.

use std::time::{Duration, Instant};

use crate::{Gateway, Rng};

/// Kills that a platform has to survive.
pub const KILLS: u64 = 200;

/// People on a platform, numbered from 0, each in a conversation with the bot alone.
pub trait Crowd {
    /// Returns how many there are.
    fn people(&self) -> usize;

    /// Returns the conversation of one of them as `channels.outbox.list` names it.
    fn chat(&self, person: usize) -> String;

    /// Lets one of them write.
    fn say(&self, person: usize, text: &str);

    /// Returns what the bot says to one of them now. A line with a button is none of it: it offers to send something
    /// again.
    fn answers(&self, person: usize) -> Vec<String>;

    /// Forgets what need not be kept for the judgement, so that a long run does not grow.
    fn forget(&self) {}
}

/// What people have in the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How often the gateway was killed.
    pub kills: u64,
    /// What was said to the bot.
    pub messages: usize,
    /// Answers; a run that the kill interrupted is answered with the reason.
    pub answered: usize,
    /// Answers that may have arrived, and are shown as such.
    pub unknown: usize,
    /// Of these, the ones that did not arrive.
    pub missing: usize,
}

/// What was said so far, and by whom.
#[derive(Clone, Debug, Default)]
pub struct Said(Vec<(usize, String)>);

impl Said {
    /// Lets somebody write a text that is in no other.
    pub fn say(&mut self, crowd: &impl Crowd, person: usize) {
        let text = format!("<{}>", self.0.len());
        crowd.say(person, &text);
        self.0.push((person, text));
    }

    /// Returns how often one of them wrote.
    fn by(&self, person: usize) -> usize {
        self.0.iter().filter(|(other, _)| *other == person).count()
    }
}

impl Tally {
    /// Kills and starts the gateway at random points while the crowd writes, then waits until every message has its
    /// answer, or one that is shown as possibly arrived. Panics when one is lost, or answered twice.
    ///
    /// The gateway is not running when this begins; `said` is what the crowd wrote before. `LANDLINE_KILLS` overrules
    /// `kills`.
    pub async fn of(
        what: &str,
        kills: u64,
        crowd: &impl Crowd,
        gateway: &mut Gateway,
        mut said: Said,
    ) -> Self {
        let kills =
            std::env::var("LANDLINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(kills);
        let (mut rng, started) = (Rng::announced(&format!("{what}-kill9")), Instant::now());
        for _ in 0..kills {
            gateway.launch();
            if rng.one_in(6) {
                tokio::time::sleep(Duration::from_micros(rng.below(100_000))).await;
                gateway.kill9();
                continue;
            }
            gateway.ready().await;
            for _ in 0..rng.below(8) {
                let person = rng.below(crowd.people() as u64);
                said.say(crowd, usize::try_from(person).expect("it is small"));
            }
            tokio::time::sleep(Duration::from_micros(rng.below(300_000))).await;
            gateway.kill9();
            crowd.forget();
        }
        gateway.restart().await;
        let tally = Self { kills, messages: said.0.len(), ..settled(crowd, gateway, &said).await };
        println!("{what} kill9: {tally:?}, {:?}", started.elapsed());
        let times = |(person, text): &(usize, String)| {
            crowd.answers(*person).iter().filter(|answer| answer.contains(text.as_str())).count()
        };
        let doubled: Vec<_> = said.0.iter().filter(|said| times(said) > 1).collect();
        assert!(doubled.is_empty(), "answered twice: {doubled:?}");
        tally
    }
}

/// Waits until nothing is open any more. Nobody may ever have more answers than they wrote messages.
async fn settled(crowd: &impl Crowd, gateway: &Gateway, said: &Said) -> Tally {
    let deadline = Instant::now() + Duration::from_mins(3);
    loop {
        let outbox = gateway.cli(&["call", "channels.outbox.list", "{\"limit\":200}"]).await.ok().json();
        let (mut tally, mut open) = (Tally::default(), Vec::new());
        for person in 0..crowd.people() {
            let (asked, answered, chat) = (said.by(person), crowd.answers(person).len(), crowd.chat(person));
            let rows = outbox["messages"].as_array().into_iter().flatten();
            let unknown =
                rows.filter(|row| row["state"] == "unknown" && row["chat"] == chat.as_str()).count();
            assert!(answered <= asked, "{answered} answers to {asked} messages in {chat}");
            if answered + unknown < asked {
                open.push((chat, asked, answered, unknown));
            }
            tally.answered += answered;
            tally.unknown += unknown;
            tally.missing += asked - answered;
        }
        if open.is_empty() {
            return tally;
        }
        assert!(Instant::now() < deadline, "lost (where, asked, answered, unknown): {open:?}\n{outbox}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
