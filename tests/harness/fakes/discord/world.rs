//! Everything that the fake knows, behind one lock, and its time and ids.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use schemas::Clock;
use serde_json::Value;

use super::faults::Faults;
use super::limits::Limits;
use super::model::{Channel, Guild, Id, Interaction, Message, Reaction, User, kind};
use super::options::Options;
use super::refusal::Refusal;
use super::session::Sessions;
use super::transcript::Transcript;

/// The state of the fake.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    /// What stands before `/api/v10`.
    pub(super) root: String,
    pub(super) time: Time,
    last_id: u64,
    pub(super) bot: Id,
    pub(super) users: BTreeMap<Id, User>,
    pub(super) guilds: BTreeMap<Id, Guild>,
    pub(super) channels: BTreeMap<Id, Channel>,
    /// By channel, then by id.
    pub(super) messages: BTreeMap<(Id, Id), Message>,
    pub(super) interactions: BTreeMap<Id, Interaction>,
    /// By server; none: everywhere.
    pub(super) commands: BTreeMap<Option<Id>, Vec<Value>>,
    /// When the bot began to show that it writes, and where.
    pub(super) typing: Vec<(Id, Duration)>,
    pub(super) sessions: Sessions,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    /// Nothing is answered, and no connection ends.
    pub(super) silent: bool,
    pub(super) transcript: Transcript,
}

impl World {
    pub(super) fn new(options: Options, root: String) -> Self {
        let mut world = Self {
            root,
            time: Time::start(),
            last_id: 0,
            bot: Id(0),
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: BTreeMap::new(),
            typing: Vec::new(),
            sessions: Sessions::new(&options),
            limits: Limits::default(),
            faults: Faults::default(),
            silent: false,
            transcript: Transcript::default(),
            options,
        };
        let name = world.options.bot_name.clone();
        world.bot = world.add_user(&name, true);
        world
    }

    /// Makes a new id: greater than all before, with the time in it as Discord does.
    pub(super) fn id(&mut self) -> Id {
        const DISCORD_EPOCH: u64 = 1_420_070_400_000;
        let of_now = self.time.millis().saturating_sub(DISCORD_EPOCH) << 22;
        self.last_id = of_now.max(self.last_id + 1);
        Id(self.last_id)
    }

    pub(super) fn now(&self) -> Duration {
        self.time.now()
    }

    pub(super) fn add_user(&mut self, name: &str, bot: bool) -> Id {
        let id = self.id();
        self.users.insert(id, User { id, name: name.to_owned(), bot, closed: false });
        id
    }

    /// Returns a user; asking for one that does not exist is a mistake of the test.
    pub(super) fn user(&self, id: Id) -> &User {
        self.users.get(&id).unwrap_or_else(|| panic!("there is no user {id}"))
    }

    /// Returns a channel that the bot may see.
    pub(super) fn channel(&self, id: Id) -> Result<&Channel, Refusal> {
        let channel = self.channels.get(&id).ok_or(Refusal::UNKNOWN_CHANNEL)?;
        match self.access(channel) {
            super::Access::Nothing => Err(Refusal::MISSING_ACCESS),
            _ => Ok(channel),
        }
    }

    /// Returns what the bot may do there; a thread is as its parent.
    pub(super) fn access(&self, channel: &Channel) -> super::Access {
        let parent = channel.parent.and_then(|parent| self.channels.get(&parent));
        parent.map_or(channel.access, |parent| parent.access)
    }

    /// Returns a message of a channel that the bot may see.
    pub(super) fn message(&self, channel: Id, id: Id) -> Result<&Message, Refusal> {
        self.channel(channel)?;
        let message = self.messages.get(&(channel, id)).filter(|message| message.only_for.is_none());
        message.ok_or(Refusal::UNKNOWN_MESSAGE)
    }

    /// Returns a message wherever it is.
    pub(super) fn anywhere(&self, id: Id) -> Option<&Message> {
        self.messages.values().find(|message| message.id == id)
    }

    /// Returns the messages of a channel, oldest first.
    pub(super) fn in_channel(&self, channel: Id) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.range((channel, Id(0))..=(channel, Id(u64::MAX))).map(|(_, message)| message)
    }

    /// Returns the direct conversation with somebody, which is made when there is none.
    pub(super) fn direct(&mut self, person: Id) -> Id {
        let is_theirs = |channel: &&Channel| channel.person == Some(person);
        if let Some(channel) = self.channels.values().find(is_theirs) {
            return channel.id;
        }
        let id = self.id();
        let mut channel = plain_channel(id, kind::DM, None, String::new());
        channel.person = Some(person);
        self.channels.insert(id, channel);
        id
    }

    /// Adds somebody's emoji to a message. Returns whether it is new.
    pub(super) fn add_reaction(message: &mut Message, emoji: &str, user: Id) -> bool {
        let found = message.reactions.iter().position(|reaction| reaction.emoji == emoji);
        let at = found.unwrap_or_else(|| {
            message.reactions.push(Reaction { emoji: emoji.to_owned(), users: Vec::new() });
            message.reactions.len() - 1
        });
        let users = &mut message.reactions[at].users;
        let new = !users.contains(&user);
        if new {
            users.push(user);
        }
        new
    }

    /// Takes somebody's emoji away from a message. Returns whether it was there.
    pub(super) fn remove_reaction(message: &mut Message, emoji: &str, user: Id) -> bool {
        let Some(at) = message.reactions.iter().position(|reaction| reaction.emoji == emoji) else {
            return false;
        };
        let users = &mut message.reactions[at].users;
        let before = users.len();
        users.retain(|other| *other != user);
        let removed = users.len() < before;
        if users.is_empty() {
            message.reactions.remove(at);
        }
        removed
    }
}

/// Makes a channel that is nothing special yet.
pub(super) fn plain_channel(id: Id, kind: u8, guild: Option<Id>, name: String) -> Channel {
    Channel {
        id,
        kind,
        guild,
        parent: None,
        name,
        topic: None,
        person: None,
        last: None,
        access: super::Access::All,
        thread: None,
    }
}

/// The fake's time: it runs with the machine's and can be moved on.
#[derive(Debug)]
pub(super) struct Time {
    start: Instant,
    /// Milliseconds since 1970 at the start.
    epoch: u64,
    skipped: Duration,
}

impl Time {
    fn start() -> Self {
        let epoch = u64::try_from(Clock::system().now()).unwrap_or_default();
        Self { start: Instant::now(), epoch, skipped: Duration::ZERO }
    }

    /// Returns the time since the start.
    pub(super) fn now(&self) -> Duration {
        self.start.elapsed() + self.skipped
    }

    /// Returns the time since the start that really went by, for heartbeats.
    pub(super) fn really(&self) -> Duration {
        self.start.elapsed()
    }

    /// Returns the milliseconds since 1970.
    pub(super) fn millis(&self) -> u64 {
        self.epoch + u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX / 2)
    }

    /// Moves it on.
    pub(super) fn skip(&mut self, by: Duration) {
        self.skipped += by;
    }
}
