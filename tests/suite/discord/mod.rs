//! Discord as a person sees it: the real gateway against the platform's fake.

mod conversations;
mod drafts;
mod kill9;
mod people;
mod sends;
mod trouble;

use std::time::Duration;

use harness::fakes::discord::{Content, FakeDiscord, Id, Options as Platform, Seen};
use harness::{Gateway, Options, within};

/// The agent that says what it hears.
const CAT: &str =
    "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\ndefault = true\nmax_concurrent = 16\n";

/// Has answers sent whole: how often one that grows is shown depends on how long it takes.
fn whole(lines: &str) -> String {
    format!("{lines}\nstreaming = \"off\"")
}

/// Lets everybody write directly.
const OPEN: &str = "dm_policy = \"open\"\nallow_from = [\"*\"]";

/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_mins(1);

/// Returns an agent that is a line of shell.
fn shell(script: &str) -> String {
    format!(
        "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", '''{script}''']\ndefault = true\n\
         max_concurrent = 32\n"
    )
}

/// The platform with its own limits, except that a bot may identify as often as it likes: tests begin anew often.
async fn platform() -> FakeDiscord {
    FakeDiscord::start(Platform { identify_interval: Duration::ZERO, ..Platform::default() }).await
}

/// Returns a configuration with one bot and further lines in its section.
fn config(discord: &FakeDiscord, agent: &str, lines: &str) -> String {
    format!(
        "{agent}\n[channels.discord.main]\ntoken = \"{}\"\napi_root = \"{}\"\n{lines}\n",
        discord.token(),
        discord.root()
    )
}

/// Starts a gateway and waits until its bot is there: what was said to a bot that never was, Discord keeps for itself.
async fn gateway(discord: &FakeDiscord, agent: &str, lines: &str) -> Gateway {
    let gateway = Gateway::start(Options::default().config(&config(discord, agent, lines))).await;
    until(discord, "the bot is there", FakeDiscord::is_connected).await;
    gateway
}

/// Waits until something holds.
async fn until(discord: &FakeDiscord, what: &str, mut holds: impl FnMut(&FakeDiscord) -> bool) -> Duration {
    within(ANSWER, what, async || holds(discord)).await
}

/// Says something and waits for the bot's answer that holds `word`.
async fn ask(discord: &FakeDiscord, channel: Id, person: Id, text: impl Into<Content>, word: &str) -> Seen {
    discord.say(channel, person, text);
    answer(discord, channel, word).await
}

/// Waits for a message of the bot that holds `word`.
async fn answer(discord: &FakeDiscord, channel: Id, word: &str) -> Seen {
    let find = || discord.answers(channel).into_iter().find(|seen| seen.text.contains(word));
    within(ANSWER, &format!("an answer with {word:?}"), async || find().is_some()).await;
    find().expect("it was there")
}

/// Returns how many messages of the bot hold `word`.
fn count(discord: &FakeDiscord, channel: Id, word: &str) -> usize {
    discord.answers(channel).iter().filter(|seen| seen.text.contains(word)).count()
}
