//! Journals what the pump hands on, in its order; the session's number advances with what is stored and never before.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::backfill::Due;
use super::cursor::{Cursor, Me, Session};
use super::dispatch::Dispatch;
use super::fault::Fault;
use super::pump::Item;
use super::read::{self, Origin};
use super::rest::Call;
use super::wire;
use crate::channel::{Inbox, ListenError};
use crate::inbound::Inbound;
use crate::outbound::{Failure, Retry};

/// Most events that are stored at once.
const BATCH: usize = 64;

/// Journals one connection's events.
pub(super) struct Keep<'a> {
    pub(super) discord: &'a Discord,
    pub(super) inbox: &'a Inbox,
    pub(super) cursor: &'a mut Cursor,
    /// Ends when the connection has.
    pub(super) over: &'a CancellationToken,
    /// What is to be stored next.
    batch: Vec<Inbound>,
    /// Whether the cursor moved since it was stored.
    moved: bool,
    /// Events that came before one with a lower number.
    ahead: BTreeSet<u64>,
    /// Heartbeats since the session began.
    beats: u32,
}

impl<'a> Keep<'a> {
    /// Begins with nothing to store.
    pub(super) fn new(
        discord: &'a Discord,
        inbox: &'a Inbox,
        cursor: &'a mut Cursor,
        over: &'a CancellationToken,
    ) -> Self {
        Self {
            discord,
            inbox,
            cursor,
            over,
            batch: Vec::new(),
            moved: false,
            ahead: BTreeSet::new(),
            beats: 0,
        }
    }

    /// Runs until the pump has ended and all that it handed on is stored.
    pub(super) async fn run(mut self, mut items: mpsc::Receiver<Item>) -> Result<(), ListenError> {
        while let Some(first) = items.recv().await {
            self.item(first).await?;
            while self.batch.len() < BATCH
                && let Ok(next) = items.try_recv()
            {
                self.item(next).await?;
            }
            if !self.batch.is_empty() {
                self.store().await?;
            }
        }
        if self.moved {
            self.store().await?;
        }
        Ok(())
    }

    /// Stores what was read, and how far that is.
    pub(super) async fn store(&mut self) -> Result<(), ListenError> {
        let batch = std::mem::take(&mut self.batch);
        self.inbox.store(batch, Some(self.cursor.text())).await?;
        self.moved = false;
        Ok(())
    }

    /// Adds something to what is stored next.
    pub(super) fn add(&mut self, one: Inbound) {
        self.batch.push(one);
    }

    async fn item(&mut self, item: Item) -> Result<(), ListenError> {
        match item {
            Item::Skipped(seq) => self.advance(seq),
            Item::Beat => self.beat().await?,
            Item::Event { seq, name, data } => self.event(seq, &name, &data).await?,
        }
        Ok(())
    }

    /// Should an event overtake another, the number waits for the other one: a resume then repeats both.
    fn advance(&mut self, seq: u64) {
        self.ahead.insert(seq);
        let mut next = self.cursor.session.as_ref().map_or(seq, |session| session.seq + 1);
        while self.ahead.first().is_some_and(|first| *first <= next) {
            next = next.max(self.ahead.pop_first().unwrap_or_default() + 1);
            self.cursor.advance(next - 1);
            self.moved = true;
        }
        if self.ahead.len() > BATCH {
            self.close_gap();
        }
    }

    /// A number that has not come by now was never given out.
    fn close_gap(&mut self) {
        if let Some(last) = self.ahead.pop_last() {
            self.cursor.advance(last);
            self.ahead.clear();
            self.moved = true;
        }
    }

    /// A quiet channel's session advances with the heartbeat, so that a resume repeats little.
    async fn beat(&mut self) -> Result<(), ListenError> {
        self.beats += 1;
        self.close_gap();
        self.backfill(Due::All).await?;
        if self.beats == 2 && self.cursor.lost_at.take().is_some() {
            // Every guild has shown its channels by now.
            self.moved = true;
        }
        if self.moved {
            self.store().await?;
        }
        Ok(())
    }

    async fn event(&mut self, seq: u64, name: &str, data: &RawValue) -> Result<(), ListenError> {
        let Ok(event) = Dispatch::parse(name, data.get()) else {
            self.inbox
                .trouble(&format!("Discord sent an event {name} that cannot be read; it was passed over"));
            self.advance(seq);
            return Ok(());
        };
        if let Dispatch::Ready(ready) = &event {
            return self.ready(seq, ready).await;
        }
        self.learn(&event).await?;
        if let Dispatch::Created(message) = &event {
            self.cursor.saw(&message.channel_id, message.guild_id.as_deref(), &message.id);
        }
        let session = self.cursor.session.as_ref().map(|session| session.id.clone()).unwrap_or_default();
        let origin = Origin { session: &session, seq, now: self.discord.clock.now() };
        let read = read::inbound(&event, &self.discord.known(), &self.discord.me(), origin);
        self.batch.extend(read);
        self.advance(seq);
        match &event {
            Dispatch::Resumed => self.backfill(Due::All).await,
            Dispatch::Guild(guild) => {
                for channel in guild.channels.iter().chain(&guild.threads) {
                    let last = channel.last_message_id.as_deref().and_then(|last| last.parse().ok());
                    self.cursor.owe(&channel.id, &guild.id, last.unwrap_or_default());
                }
                self.backfill(Due::Guild(&guild.id)).await
            }
            _ => Ok(()),
        }
    }

    /// A new session: it is stored at once, so that the next process resumes it.
    async fn ready(&mut self, seq: u64, ready: &wire::Ready) -> Result<(), ListenError> {
        let app = ready.application.as_ref().map(|app| app.id.clone());
        let me = Me { id: ready.user.id.clone(), name: ready.user.username.clone(), app };
        if self.cursor.me.as_ref().is_some_and(|old| old.id != me.id) {
            // Another bot's token: what the old one saw is not this one's.
            *self.cursor = Cursor::default();
        }
        self.cursor.me = Some(me.clone());
        let (id, url) = (ready.session_id.clone(), ready.resume_gateway_url.clone());
        self.cursor.session = Some(Session { id, seq, url });
        self.ahead.clear();
        self.discord.learn_me(me, self.inbox);
        self.store().await?;
        self.backfill(Due::Direct).await
    }

    /// Learns what an event tells of channels, and asks for what must be known to place it.
    async fn learn(&mut self, event: &Dispatch) -> Result<(), ListenError> {
        let discord = self.discord;
        match event {
            Dispatch::Guild(guild) => discord.known().learn_guild(guild, &discord.me().id),
            Dispatch::Channel(channel) => discord.known().learn(channel, None),
            Dispatch::ChannelGone(channel) => discord.known().forget(&channel.id),
            Dispatch::Threads(threads) => {
                for thread in &threads.threads {
                    discord.known().learn(thread, threads.guild_id.as_deref());
                }
            }
            Dispatch::Interaction(interaction) => {
                // In part only it would hide that a channel is a thread.
                let whole = |channel: &&wire::Channel| channel.kind != 0 || channel.name.is_some();
                if let Some(channel) = interaction.channel.as_ref().filter(whole) {
                    discord.known().learn(channel, interaction.guild_id.as_deref());
                }
            }
            _ => {}
        }
        if let Some((channel, guild)) = event.place() {
            self.place(channel, guild).await?;
        }
        if let Some(guild) = event.roles() {
            self.roles(guild).await?;
        }
        Ok(())
    }

    /// Makes sure that a guild's channel is known: whether it is a thread, and of which channel.
    pub(super) async fn place(&mut self, channel: &str, guild: &str) -> Result<(), ListenError> {
        if self.discord.known().knows(channel) {
            return Ok(());
        }
        let found = self.ask(&format!("/channels/{channel}")).await?;
        let found = found.and_then(|found| serde_json::from_value::<wire::Channel>(found).ok());
        let found = found.unwrap_or_else(|| wire::Channel::unknown(channel));
        self.discord.known().learn(&found, Some(guild));
        Ok(())
    }

    async fn roles(&mut self, guild: &str) -> Result<(), ListenError> {
        if self.discord.known().knows_roles(guild) {
            return Ok(());
        }
        let found = self.ask(&format!("/guilds/{guild}/roles")).await?;
        let roles: Vec<wire::Role> =
            found.and_then(|found| serde_json::from_value(found).ok()).unwrap_or_default();
        self.discord.known().learn_roles(guild, &roles, &self.discord.me().id);
        Ok(())
    }

    /// Reads something, with patience; `None`: the platform will not tell. If it cannot be reached, the connection
    /// ends with nothing stored, and the event comes again.
    async fn ask(&self, path: &str) -> Result<Option<serde_json::Value>, ListenError> {
        let mut tries = 0;
        loop {
            match self.discord.rest.call(Call::new(Method::GET, path)).await {
                Ok(found) => return Ok(Some(found)),
                Err(fault) if !is_passing(&fault) => return Ok(None),
                Err(fault) if tries == 3 => return Err(fault.listen("a channel could not be looked up")),
                Err(fault) => tokio::time::sleep(patience(&fault)).await,
            }
            tries += 1;
        }
    }
}

/// Says whether a failed look-up may work in a moment.
pub(super) fn is_passing(fault: &Fault) -> bool {
    matches!(fault.error.failure, Failure::Away | Failure::Unknown | Failure::Limited)
}

/// Returns how long to wait before reading again: what the platform named, within reason.
pub(super) fn patience(fault: &Fault) -> Duration {
    match fault.error.retry {
        Retry::After(millis) => Duration::from_millis(millis.min(15_000)),
        Retry::Never | Retry::Later => Duration::from_millis(500),
    }
}
