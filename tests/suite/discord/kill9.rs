//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered, and none twice.

use harness::fakes::discord::{FakeDiscord, Id};
use harness::{Crowd, Gateway, KILLS, Options, Said, Tally};

use super::{CAT, OPEN, config, platform, until};

const PEOPLE: usize = 50;

struct People {
    discord: FakeDiscord,
    chats: Vec<(Id, Id)>,
}

impl Crowd for People {
    fn people(&self) -> usize {
        self.chats.len()
    }

    fn chat(&self, person: usize) -> String {
        self.chats[person].1.to_string()
    }

    fn say(&self, person: usize, text: &str) {
        let (user, dm) = self.chats[person];
        self.discord.say(dm, user, text);
    }

    fn answers(&self, person: usize) -> Vec<String> {
        let shown = self.discord.answers(self.chats[person].1).into_iter();
        shown.filter(|said| said.components.is_empty()).map(|said| said.text).collect()
    }

    fn forget(&self) {
        self.discord.forget_received();
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let discord = platform().await;
    let chats = (0..PEOPLE)
        .map(|number| discord.person(&format!("Person {number}")))
        .map(|person| (person, discord.dm(person)))
        .collect();
    let mut gateway = Gateway::prepare(Options::default().config(&config(&discord, CAT, OPEN)));
    let people = People { discord, chats };
    gateway.launch();
    gateway.ready().await;
    // Only a bot that was there once can catch up, and only with people who wrote to it: both begin here.
    until(&people.discord, "the bot is there", FakeDiscord::is_connected).await;
    let mut said = Said::default();
    for person in 0..people.people() {
        said.say(&people, person);
    }
    until(&people.discord, "everybody had an answer", |seen| {
        people.chats.iter().all(|(_, dm)| !seen.answers(*dm).is_empty())
    })
    .await;
    gateway.kill9();
    Tally::of("discord", KILLS, &people, &mut gateway, said).await;
}
