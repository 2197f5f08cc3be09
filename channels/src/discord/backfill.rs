//! Fetches what was said while no session ran: direct messages, and in guilds what is meant for the bot.

use reqwest::Method;

use super::cursor::Seen;
use super::fault::Fault;
use super::keep::{Keep, is_passing, patience};
use super::read;
use super::rest::Call;
use super::wire;
use crate::channel::ListenError;
use crate::inbound::{Event, Inbound};

/// Most messages of one call.
const PAGE: usize = 100;
/// Most calls for one channel.
const PAGES: usize = 10;
/// Most tries of one call.
const TRIES: usize = 4;

/// Which channels are fetched now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due<'a> {
    /// Direct messages, which need nothing known of guilds.
    Direct,
    /// One guild's, once it has shown its channels.
    Guild(&'a str),
    /// Whatever is left.
    All,
}

impl Due<'_> {
    fn takes(self, seen: &Seen) -> bool {
        match self {
            Self::Direct => seen.guild.is_none(),
            Self::Guild(guild) => seen.guild.as_deref() == Some(guild),
            Self::All => true,
        }
    }
}

impl Keep<'_> {
    /// Fetches what is owed. What cannot be had now stays owed and is tried again with a later heartbeat.
    pub(super) async fn backfill(&mut self, due: Due<'_>) -> Result<(), ListenError> {
        let owed = self.cursor.owed.iter().filter(|(_, seen)| due.takes(seen));
        let channels: Vec<_> = owed.map(|(channel, seen)| (channel.clone(), seen.clone())).collect();
        for (channel, seen) in channels {
            if self.over.is_cancelled() {
                return Ok(());
            }
            if !self.channel(&channel, seen).await? {
                self.inbox
                    .trouble("Discord does not hand out all missed messages yet; they are asked for again");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Fetches one channel; says whether it is done with.
    async fn channel(&mut self, channel: &str, mut seen: Seen) -> Result<bool, ListenError> {
        if let Some(guild) = seen.guild.clone() {
            self.place(channel, &guild).await?;
        }
        for page in 1..=PAGES {
            let messages = match self.page(channel, seen.last).await {
                Ok(messages) => messages,
                Err(fault) if is_passing(&fault) => return Ok(false),
                Err(_) => break,
            };
            let more = messages.len() >= PAGE;
            for message in messages {
                self.missed(channel, &mut seen, message);
            }
            self.cursor.owed.insert(channel.to_owned(), seen.clone());
            if !more {
                break;
            }
            if page == PAGES {
                self.inbox.trouble(
                    "more was said than is fetched after a lost session: the newest part is missing",
                );
            }
            self.store().await?;
        }
        self.cursor.owed.remove(channel);
        self.store().await?;
        Ok(true)
    }

    fn missed(&mut self, channel: &str, seen: &mut Seen, mut message: wire::Message) {
        // A fetched message does not say in which guild it is.
        message.guild_id.clone_from(&seen.guild);
        seen.last = seen.last.max(message.id.parse().unwrap_or_default());
        self.cursor.saw(channel, seen.guild.as_deref(), &message.id);
        let read = read::created(&message, &self.discord.known(), &self.discord.me());
        if let Some(one) = read.filter(|one| seen.guild.is_none() || is_meant(one)) {
            self.add(one);
        }
    }

    /// Returns the next messages after one, oldest first.
    async fn page(&self, channel: &str, after: u64) -> Result<Vec<wire::Message>, Fault> {
        let mut tries = 1;
        let found = loop {
            let call = Call::new(Method::GET, format!("/channels/{channel}/messages"));
            let call = call.query("after", after.to_string()).query("limit", PAGE.to_string());
            match self.discord.rest.call(call).await {
                Ok(found) => break found,
                Err(fault) if is_passing(&fault) && tries < TRIES && !self.over.is_cancelled() => {
                    tokio::time::sleep(patience(&fault)).await;
                }
                Err(fault) => return Err(fault),
            }
            tries += 1;
        };
        let all = found.as_array().cloned().unwrap_or_default();
        let read = |value| serde_json::from_value::<wire::Message>(value).ok();
        let mut messages: Vec<_> = all.into_iter().filter_map(read).collect();
        messages.sort_by_key(|message| message.id.parse::<u64>().unwrap_or_default());
        messages.retain(|message| message.id.parse::<u64>().is_ok_and(|id| id > after));
        Ok(messages)
    }
}

/// Says whether a message in a guild is for the bot: it names it, or answers to it.
fn is_meant(one: &Inbound) -> bool {
    let Event::Message(message) = &one.event else { return false };
    message.mentions_bot || message.reply_to.as_ref().is_some_and(|quote| quote.from_bot)
}
