//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered once, and what may
//! have arrived is shown instead of being sent again.

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Options as Platform};
use harness::{Crowd, Gateway, KILLS, Options, Said, Tally, free_port};

use super::{CAT, OPEN, config};

const PEOPLE: i64 = 50;
/// Kills where the platform posts its updates to the gateway.
const KILLS_POSTING: u64 = 40;

struct People {
    telegram: FakeTelegram,
    chats: Vec<(i64, Chat)>,
}

impl Crowd for People {
    fn people(&self) -> usize {
        self.chats.len()
    }

    fn chat(&self, person: usize) -> String {
        self.chats[person].0.to_string()
    }

    fn say(&self, person: usize, text: &str) {
        let (user, chat) = self.chats[person];
        self.telegram.say(chat, user, Content::text(text));
    }

    fn answers(&self, person: usize) -> Vec<String> {
        let shown = self.telegram.from_bot(self.chats[person].1).into_iter();
        shown.filter(|said| said.buttons.is_empty()).map(|said| said.text).collect()
    }
}

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
    let telegram = FakeTelegram::start(Platform::default()).await;
    let chats = (1..=PEOPLE).map(|id| (telegram.user(id, "Someone"), telegram.direct(id))).collect();
    let mut gateway = Gateway::prepare(Options::default().port(port).config(&config(&telegram, CAT, lines)));
    Tally::of("telegram", kills, &People { telegram, chats }, &mut gateway, Said::default()).await;
}
