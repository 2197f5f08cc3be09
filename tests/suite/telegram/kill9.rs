//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered once, and what may
//! have arrived is shown instead of being sent again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Options as Platform};
use harness::{Gateway, Options, Rng};

use super::{CAT, OPEN, config};

/// Kills, unless `LANDLINE_KILLS` says otherwise.
const KILLS: u64 = 200;
const PEOPLE: i64 = 50;

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let kills = std::env::var("LANDLINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut rng = Rng::announced("telegram-kill9");
    let started = Instant::now();
    let telegram = FakeTelegram::start(Platform::default()).await;
    let chats: Vec<(i64, Chat)> =
        (1..=PEOPLE).map(|id| (telegram.user(id, "Someone"), telegram.direct(id))).collect();
    let mut gateway = Gateway::prepare(Options::default().config(&config(&telegram, CAT, OPEN)));
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
    let unknown = settle(&telegram, &gateway, &said).await;
    let doubled: Vec<_> = said.iter().filter(|said| seen(&telegram, said) > 1).collect();
    println!(
        "telegram kill9: {kills} kills, {} messages, {} of unknown fate, {} doubled, {:?}",
        said.len(),
        unknown,
        doubled.len(),
        started.elapsed()
    );
    assert!(doubled.is_empty(), "answered twice: {doubled:?}");
}

fn seen(telegram: &FakeTelegram, (chat, text): &(Chat, String)) -> usize {
    telegram.from_bot(*chat).iter().filter(|message| message.text.contains(text.as_str())).count()
}

/// Waits until every message is answered, or its answer is shown as one that may have arrived; returns how many of
/// these there are.
async fn settle(telegram: &FakeTelegram, gateway: &Gateway, said: &[(Chat, String)]) -> usize {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let outbox = gateway.cli(&["call", "channels.outbox.list", "{\"limit\":200}"]).await.ok().json();
        let unknown: HashSet<String> = outbox["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|message| message["state"] == "unknown")
            .filter_map(|message| message["preview"].as_str().map(|text| text.trim().to_owned()))
            .collect();
        let open: Vec<_> =
            said.iter().filter(|said| seen(telegram, said) == 0 && !unknown.contains(&said.1)).collect();
        if open.is_empty() {
            return unknown.len();
        }
        assert!(Instant::now() < deadline, "{} are lost: {open:?}\n{outbox}", open.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
