//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered, and none twice.

use std::time::{Duration, Instant};

use harness::fakes::discord::{FakeDiscord, Id};
use harness::{Gateway, Options, Rng};

use super::{CAT, OPEN, config, platform, until};

/// Kills, unless `LANDLINE_KILLS` says otherwise.
const KILLS: u64 = 200;
const PEOPLE: usize = 50;

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let kills = std::env::var("LANDLINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut rng = Rng::announced("discord-kill9");
    let started = Instant::now();
    let discord = platform().await;
    let chats: Vec<(Id, Id)> = (0..PEOPLE)
        .map(|number| discord.person(&format!("Person {number}")))
        .map(|person| (person, discord.dm(person)))
        .collect();
    let mut gateway = Gateway::prepare(Options::default().config(&config(&discord, CAT, OPEN)));
    gateway.launch();
    gateway.ready().await;
    // Only a bot that was there once can catch up: its session begins here.
    until(&discord, "the bot is there", FakeDiscord::is_connected).await;
    let mut said: Vec<(Id, String)> = Vec::new();
    let mut say = |(person, dm): (Id, Id)| {
        let text = format!("<{}>", said.len());
        discord.say(dm, person, text.as_str());
        said.push((dm, text));
    };
    for chat in &chats {
        say(*chat);
    }
    until(&discord, "everybody had an answer", |seen| {
        chats.iter().all(|(_, dm)| !seen.answers(*dm).is_empty())
    })
    .await;
    gateway.kill9();
    for _ in 0..kills {
        gateway.launch();
        if rng.one_in(6) {
            tokio::time::sleep(Duration::from_micros(rng.below(100_000))).await;
            gateway.kill9();
            continue;
        }
        gateway.ready().await;
        for _ in 0..rng.below(8) {
            say(*rng.pick(&chats));
        }
        tokio::time::sleep(Duration::from_micros(rng.below(300_000))).await;
        gateway.kill9();
        discord.forget_received();
    }
    gateway.restart().await;
    let tally = settle(&discord, &gateway, &chats, &said).await;
    println!("discord kill9: {kills} kills, {} messages, {tally:?}, {:?}", said.len(), started.elapsed());
    let doubled: Vec<_> = said.iter().filter(|said| seen(&discord, said) > 1).collect();
    assert!(doubled.is_empty(), "answered twice: {doubled:?}");
}

fn seen(discord: &FakeDiscord, (dm, text): &(Id, String)) -> usize {
    discord.answers(*dm).iter().filter(|seen| seen.text.contains(text.as_str())).count()
}

/// What people have in the end.
#[derive(Debug, Default)]
struct Tally {
    /// Answers; a run that the kill interrupted is answered with the reason.
    answered: usize,
    /// Answers that may have arrived, and are shown as such: their sending began before what the platform remembers.
    unknown: usize,
    /// Of these, the ones that did not arrive.
    missing: usize,
}

/// Waits until every message has its answer, or one that is shown as possibly arrived. In each conversation there must
/// never be more answers than messages.
async fn settle(
    discord: &FakeDiscord,
    gateway: &Gateway,
    chats: &[(Id, Id)],
    said: &[(Id, String)],
) -> Tally {
    let deadline = Instant::now() + Duration::from_mins(3);
    loop {
        let outbox = gateway.cli(&["call", "channels.outbox.list", "{\"limit\":200}"]).await.ok().json();
        let (mut tally, mut open) = (Tally::default(), Vec::new());
        for (_, dm) in chats {
            let asked = said.iter().filter(|(other, _)| other == dm).count();
            // The line that offers to send something again carries a button; answers carry none.
            let answered = discord.answers(*dm).iter().filter(|said| said.components.is_empty()).count();
            let doubtful = outbox["messages"].as_array().into_iter().flatten();
            let unknown = doubtful
                .filter(|row| row["state"] == "unknown" && row["chat"] == dm.to_string().as_str())
                .count();
            assert!(answered <= asked, "{answered} answers to {asked} messages in {dm}");
            if answered + unknown < asked {
                open.push((dm, asked, answered, unknown));
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
