//! Kill -9 of the real gateway while fifty people talk to the bot: every message is answered once, and what may
//! have arrived is shown instead of being sent again.

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Options as Platform};
use harness::{Crowd, Gateway, Options, Said, Tally};

use super::{CAT, OPEN, config};

const PEOPLE: i64 = 50;

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
    let telegram = FakeTelegram::start(Platform::default()).await;
    let chats = (1..=PEOPLE).map(|id| (telegram.user(id, "Someone"), telegram.direct(id))).collect();
    let mut gateway = Gateway::prepare(Options::default().config(&config(&telegram, CAT, OPEN)));
    Tally::of("telegram", &People { telegram, chats }, &mut gateway, Said::default()).await;
}
