//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered once, and what may
//! have arrived is shown instead of being sent again.

use std::time::{Duration, Instant};

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Options as Platform};
use harness::{Gateway, Options, Rng, free_port};

use super::{CAT, OPEN, config};

/// Kills, unless `LANDLINE_KILLS` says otherwise.
const KILLS: u64 = 200;
/// The same by webhook.
const KILLS_POSTING: u64 = 40;
const PEOPLE: i64 = 50;

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    survive(KILLS, 0, OPEN).await;
}

#[tokio::test]
async fn nothing_that_is_posted_is_lost_or_doubled_by_kill_9() {
    let port = free_port();
    survive(KILLS_POSTING, port, &format!("{OPEN}\nwebhook_url = \"http://127.0.0.1:{port}\"")).await;
}

async fn survive(kills: u64, port: u16, lines: &str) {
    let kills = std::env::var("LANDLINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(kills);
    let mut rng = Rng::announced("telegram-kill9");
    let started = Instant::now();
    let telegram = FakeTelegram::start(Platform::default()).await;
    let chats: Vec<(i64, Chat)> =
        (1..=PEOPLE).map(|id| (telegram.user(id, "Someone"), telegram.direct(id))).collect();
    let options = Options::default().port(port).config(&config(&telegram, CAT, lines));
    let mut gateway = Gateway::prepare(options);
    let mut said: Vec<(Chat, String)> = Vec::new();
    for _ in 0..kills {
        gateway.launch();
        if rng.one_in(6) {
            tokio::time::sleep(Duration::from_micros(rng.below(100_000))).await;
            gateway.kill9();
            continue;
        }
        gateway.ready().await;
        for _ in 0..rng.below(8) {
            let (user, chat) = *rng.pick(&chats);
            let text = format!("<{}>", said.len());
            telegram.say(chat, user, Content::text(text.clone()));
            said.push((chat, text));
        }
        tokio::time::sleep(Duration::from_micros(rng.below(300_000))).await;
        gateway.kill9();
    }
    gateway.restart().await;
    let tally = settle(&telegram, &gateway, &chats, &said).await;
    println!("telegram kill9: {kills} kills, {} messages, {tally:?}, {:?}", said.len(), started.elapsed());
    let doubled: Vec<_> = said.iter().filter(|said| seen(&telegram, said) > 1).collect();
    assert!(doubled.is_empty(), "answered twice: {doubled:?}");
}

fn seen(telegram: &FakeTelegram, (chat, text): &(Chat, String)) -> usize {
    telegram.from_bot(*chat).iter().filter(|message| message.text.contains(text.as_str())).count()
}

/// What people have in the end.
#[derive(Debug, Default)]
struct Tally {
    /// Answers; a run that the kill interrupted is answered with the reason.
    answered: usize,
    /// Answers that may have arrived, and are shown as such.
    unknown: usize,
    /// Of these, the ones that did not arrive.
    missing: usize,
}

/// Waits until every message has its answer, or one that is shown as possibly arrived. In each chat there must never
/// be more answers than messages.
async fn settle(
    telegram: &FakeTelegram,
    gateway: &Gateway,
    chats: &[(i64, Chat)],
    said: &[(Chat, String)],
) -> Tally {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let outbox = gateway.cli(&["call", "channels.outbox.list", "{\"limit\":200}"]).await.ok().json();
        let (mut tally, mut open) = (Tally::default(), Vec::new());
        for (user, chat) in chats {
            let asked = said.iter().filter(|(other, _)| other == chat).count();
            // The line that offers to send something again carries a button; answers carry none.
            let answered = telegram.from_bot(*chat).iter().filter(|said| said.buttons.is_empty()).count();
            let doubtful = outbox["messages"].as_array().into_iter().flatten();
            let unknown = doubtful
                .filter(|row| row["state"] == "unknown" && row["chat"] == user.to_string().as_str())
                .count();
            assert!(answered <= asked, "{answered} answers to {asked} messages of {user}");
            if answered + unknown < asked {
                open.push((user, asked, answered, unknown));
            }
            tally.answered += answered;
            tally.unknown += unknown;
            tally.missing += asked - answered;
        }
        if open.is_empty() {
            return tally;
        }
        assert!(Instant::now() < deadline, "lost (who, asked, answered, unknown): {open:?}\n{outbox}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
