//! What is known of channels, threads and guilds. Bounded: what fell out is asked for again.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::wire;
use crate::inbound::{Chat, ChatKind, Thread};

/// Most channels and threads that are remembered.
const CHANNELS: usize = 4096;
/// Most guilds that are remembered.
const GUILDS: usize = 1024;

/// What is known of channels and guilds.
#[derive(Debug)]
pub(super) struct Known {
    rooms: Bounded<String, Room>,
    /// A guild's role that belongs to the bot alone, if it has one.
    own_roles: Bounded<String, Option<String>>,
}

/// A channel or thread.
#[derive(Clone, Debug)]
struct Room {
    kind: u64,
    title: Option<String>,
    parent: Option<String>,
    guild: Option<String>,
}

impl Default for Known {
    fn default() -> Self {
        Self { rooms: Bounded::new(CHANNELS), own_roles: Bounded::new(GUILDS) }
    }
}

impl Known {
    /// Learns a channel; `guild` is where it came with, if it does not say so itself.
    pub(super) fn learn(&mut self, channel: &wire::Channel, guild: Option<&str>) {
        let guild = channel.guild_id.clone().or_else(|| guild.map(str::to_owned));
        let room = Room {
            kind: channel.kind,
            title: channel.name.clone(),
            parent: channel.parent_id.clone(),
            guild: guild.or_else(|| self.rooms.get(channel.id.as_str()).and_then(|old| old.guild.clone())),
        };
        self.rooms.put(channel.id.clone(), room);
    }

    /// Learns a guild with all that it contains; `me` is the bot.
    pub(super) fn learn_guild(&mut self, guild: &wire::Guild, me: &str) {
        for channel in guild.channels.iter().chain(&guild.threads) {
            self.learn(channel, Some(&guild.id));
        }
        self.learn_roles(&guild.id, &guild.roles, me);
    }

    /// Learns which of a guild's roles is the bot's own.
    pub(super) fn learn_roles(&mut self, guild: &str, roles: &[wire::Role], me: &str) {
        let own =
            |role: &&wire::Role| role.tags.as_ref().is_some_and(|tags| tags.bot_id.as_deref() == Some(me));
        self.own_roles.put(guild.to_owned(), roles.iter().find(own).map(|role| role.id.clone()));
    }

    /// Forgets a channel that was removed.
    pub(super) fn forget(&mut self, channel: &str) {
        self.rooms.remove(channel);
    }

    /// Says whether a message of a guild's channel can be placed without asking.
    pub(super) fn knows(&self, channel: &str) -> bool {
        self.rooms.get(channel).is_some()
    }

    /// Says whether the bot's own role in a guild is known.
    pub(super) fn knows_roles(&self, guild: &str) -> bool {
        self.own_roles.get(guild).is_some()
    }

    /// Returns the bot's own role in a guild.
    pub(super) fn own_role(&self, guild: &str) -> Option<&str> {
        self.own_roles.get(guild)?.as_deref()
    }

    /// Returns the guild of a channel.
    pub(super) fn guild_of(&self, channel: &str) -> Option<&str> {
        self.rooms.get(channel)?.guild.as_deref()
    }

    /// Returns the thread's parent, if the channel is a thread.
    pub(super) fn parent_of(&self, channel: &str) -> Option<&str> {
        let room = self.rooms.get(channel)?;
        is_thread(room.kind).then_some(room.parent.as_deref()).flatten()
    }

    /// Returns the conversation of a channel: a thread belongs to its parent.
    pub(super) fn chat(&self, channel: &str, guild: Option<&str>) -> Chat {
        let room = self.rooms.get(channel);
        let guild = guild.or_else(|| self.guild_of(channel)).map(str::to_owned);
        let title = room.and_then(|room| room.title.clone());
        if let Some(parent) = self.parent_of(channel) {
            let parent_title = self.rooms.get(parent).and_then(|room| room.title.clone());
            let thread = Some(Thread { id: channel.to_owned(), title });
            return Chat {
                id: parent.to_owned(),
                kind: ChatKind::Channel,
                title: parent_title,
                thread,
                guild,
            };
        }
        let kind = match (room.map(|room| room.kind), &guild) {
            (Some(GROUP_DIRECT), _) => ChatKind::Group,
            (_, Some(_)) => ChatKind::Channel,
            (Some(DIRECT), _) | (_, None) => ChatKind::Direct,
        };
        let title = if kind == ChatKind::Direct { None } else { title };
        Chat { id: channel.to_owned(), kind, title, thread: None, guild }
    }
}

/// The kind of a conversation with one person.
const DIRECT: u64 = 1;
/// The kind of a conversation with several people outside guilds.
const GROUP_DIRECT: u64 = 3;

/// Says whether a channel's kind is that of a thread.
fn is_thread(kind: u64) -> bool {
    (10..=12).contains(&kind)
}

/// A map that forgets its oldest entry when it is full.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    most: usize,
    map: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    /// Returns an empty map of at most `most` entries.
    pub(super) fn new(most: usize) -> Self {
        Self { most, map: HashMap::new(), order: VecDeque::new() }
    }

    /// Returns what stands under `key`.
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.map.get(key)
    }

    /// Puts a value under `key`, in place of an older one.
    pub(super) fn put(&mut self, key: K, value: V) {
        if self.map.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }

    /// Removes what stands under `key`.
    pub(super) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        if self.map.remove(key).is_some() {
            self.order.retain(|kept| kept.borrow() != key);
        }
    }
}
