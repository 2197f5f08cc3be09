//! Telegram as a person sees it: the real gateway against the platform's fake.

mod conversations;
mod drafts;
mod kill9;
mod people;
mod webhook;

use std::time::Duration;

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Shown};
use harness::{Gateway, Options};

/// The agent that says what it hears.
const CAT: &str =
    "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\ndefault = true\nmax_concurrent = 16\n";

/// Returns a configuration with one bot and further lines in its section.
fn config(telegram: &FakeTelegram, agent: &str, lines: &str) -> String {
    format!(
        "{agent}\n[channels.telegram.main]\ntoken = \"{}\"\napi_root = \"{}\"\n{lines}\n",
        telegram.token(),
        telegram.root()
    )
}

/// Has answers sent whole: how often one that grows is shown depends on how long it takes.
fn whole(lines: &str) -> String {
    format!("{lines}\nstreaming = \"off\"")
}

/// Lets everybody write directly.
const OPEN: &str = "dm_policy = \"open\"\nallow_from = [\"*\"]";

async fn gateway(telegram: &FakeTelegram, agent: &str, lines: &str) -> Gateway {
    Gateway::start(Options::default().config(&config(telegram, agent, lines))).await
}

/// Says something and waits for the bot's answer that holds `word`.
async fn ask(telegram: &FakeTelegram, chat: Chat, user: i64, text: &str, word: &str) -> Shown {
    telegram.say(chat, user, Content::text(text));
    answer(telegram, chat, word).await
}

/// Waits for a message of the bot that holds `word`, with its text as it is in the end.
async fn answer(telegram: &FakeTelegram, chat: Chat, word: &str) -> Shown {
    telegram
        .wait_within(Duration::from_secs(30), "an answer", |seen| {
            seen.from_bot(chat).into_iter().find(|message| message.text.contains(word))
        })
        .await
}
