//! Everything the platform knows: people, chats, messages, bots, files; and how they are looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemas::clock::Clock;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::faults::Faults;
use super::files::Files;
use super::limits::Limiter;
use super::queue::Queue;
use super::refusal::Refusal;
use super::transcript::{Call, Typing};
use super::webhook::Webhook;

/// A person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub name: String,
    pub username: Option<String>,
    /// Bots that the person has blocked.
    pub blocked: BTreeSet<usize>,
}

/// A bot.
#[derive(Clone, Debug)]
pub(super) struct Bot {
    pub token: String,
    pub id: i64,
    pub username: String,
    pub privacy: bool,
    pub queue: Queue,
    /// Grows with each `getUpdates`; an older one that still waits is ended.
    pub poll: u64,
    pub webhook: Option<Webhook>,
    pub commands: BTreeMap<String, Value>,
    pub limiter: Limiter,
}

/// The kind of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoomKind {
    Private,
    Group,
    Supergroup,
    Channel,
}

/// What a bot is in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Member,
    Admin,
    Kicked,
}

/// A topic of a forum.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub name: String,
    pub closed: bool,
}

/// A chat.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub id: i64,
    pub kind: RoomKind,
    pub title: String,
    pub username: Option<String>,
    /// Topics by the id of the message that began them, if it is a forum; General is 1.
    pub topics: Option<BTreeMap<i64, Topic>>,
    pub migrated_to: Option<i64>,
    pub bots: BTreeMap<usize, Standing>,
    pub members: BTreeSet<i64>,
    pub posts: BTreeMap<i64, Post>,
    pub typing: Vec<Typing>,
    pub drafts: BTreeMap<i64, String>,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// The API's object.
    pub body: Map<String, Value>,
    /// The bot that sent it.
    pub bot: Option<usize>,
    pub from: i64,
    pub at: Duration,
    pub earlier: Vec<String>,
    pub deleted: bool,
    pub pinned: bool,
    pub silent: bool,
    pub reactions: BTreeMap<i64, Vec<String>>,
    /// Of a poll: who chose what.
    pub ballots: BTreeMap<i64, Vec<usize>>,
}

/// A chat's key: a private chat belongs to one bot and one person, the others are one for all.
pub(super) type Key = (Option<usize>, i64);

/// A pressed button that waits for the bot's answer.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub bot: usize,
    pub pressed: Instant,
    /// The answer's text, once it came.
    pub answer: Option<String>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub clock: Clock,
    pub started: Instant,
    pub bots: Vec<Bot>,
    pub people: BTreeMap<i64, Person>,
    pub rooms: BTreeMap<Key, Room>,
    pub files: Files,
    pub polls: BTreeMap<String, (Key, i64)>,
    pub queries: BTreeMap<String, Query>,
    pub query_life: Duration,
    pub calls: Vec<Call>,
    pub faults: Faults,
    /// Nothing is answered, and no connection ends.
    pub silent: bool,
    pub counter: i64,
    /// Ids of messages in private chats and groups count through all of them.
    pub last_message: i64,
}

impl World {
    /// Returns the time since the start.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the time as the API writes it.
    pub(super) fn date(&self) -> i64 {
        self.clock.now() / 1000
    }

    /// Returns a number that was not used before.
    pub(super) fn fresh(&mut self) -> i64 {
        self.counter += 1;
        self.counter
    }

    /// Returns the key of a chat's id, as a bot means it.
    pub(super) fn key(bot: usize, id: i64) -> Key {
        (if id > 0 { Some(bot) } else { None }, id)
    }

    /// Finds the chat that a bot names and may write to.
    pub(super) fn reach(&self, bot: usize, chat_id: Option<&str>) -> Result<Key, Refusal> {
        let text = chat_id.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        let id = match text.strip_prefix('@') {
            Some(name) => self.public(name),
            None => text.parse().ok(),
        };
        let not_found = || Refusal::bad("chat not found");
        let id = id.ok_or_else(not_found)?;
        let key = Self::key(bot, id);
        if self.people.contains_key(&id) && !self.rooms.contains_key(&key) {
            return Err(Refusal::forbidden("bot can't initiate conversation with a user"));
        }
        let room = self.rooms.get(&key).ok_or_else(not_found)?;
        if let Some(to) = room.migrated_to {
            return Err(Refusal::migrated(to));
        }
        if room.kind == RoomKind::Private {
            let blocked = self.people.get(&room.id).is_some_and(|person| person.blocked.contains(&bot));
            return if blocked { Err(Refusal::forbidden("bot was blocked by the user")) } else { Ok(key) };
        }
        let word = match room.kind {
            RoomKind::Group => "group",
            RoomKind::Supergroup => "supergroup",
            RoomKind::Private | RoomKind::Channel => "channel",
        };
        match room.bots.get(&bot) {
            Some(Standing::Kicked) => Err(Refusal::forbidden(format!("bot was kicked from the {word} chat"))),
            Some(_) => Ok(key),
            None if room.username.is_some() => {
                Err(Refusal::forbidden(format!("bot is not a member of the {word} chat")))
            }
            None => Err(not_found()),
        }
    }

    fn public(&self, name: &str) -> Option<i64> {
        let named = |room: &&Room| room.username.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        self.rooms.values().find(named).map(|room| room.id)
    }

    /// Returns a chat that is known to exist.
    pub(super) fn room(&self, key: Key) -> &Room {
        &self.rooms[&key]
    }

    /// Returns a chat that is known to exist, to change it.
    pub(super) fn room_mut(&mut self, key: Key) -> &mut Room {
        self.rooms.get_mut(&key).expect("the key came from `reach` or from the maker of the chat")
    }

    /// Returns a message that is not deleted.
    pub(super) fn post(&self, key: Key, id: i64) -> Option<&Post> {
        self.rooms.get(&key)?.posts.get(&id).filter(|post| !post.deleted)
    }

    /// Returns a message that is not deleted, to change it.
    pub(super) fn post_mut(&mut self, key: Key, id: i64) -> Option<&mut Post> {
        self.rooms.get_mut(&key)?.posts.get_mut(&id).filter(|post| !post.deleted)
    }

    /// Returns the id that the next message in a chat has.
    pub(super) fn next_message(&mut self, key: Key) -> i64 {
        let room = &self.rooms[&key];
        if matches!(room.kind, RoomKind::Supergroup | RoomKind::Channel) {
            // 1 is the message that began the chat, and the General topic.
            return room.posts.keys().next_back().map_or(2, |last| last + 1);
        }
        self.last_message += 1;
        self.last_message
    }

    /// Returns a person or bot as the API writes it.
    pub(super) fn user_json(&self, id: i64) -> Value {
        if let Some(bot) = self.bots.iter().find(|bot| bot.id == id) {
            return json!({ "id": id, "is_bot": true, "first_name": bot.username, "username": bot.username });
        }
        let mut user = json!({ "id": id, "is_bot": false, "first_name": "?", "language_code": "en" });
        if let Some(person) = self.people.get(&id) {
            user["first_name"] = json!(person.name);
            if let Some(username) = &person.username {
                user["username"] = json!(username);
            }
        }
        user
    }

    /// Returns a chat as the API writes it.
    pub(super) fn chat_json(&self, key: Key) -> Value {
        let room = self.room(key);
        let kind = match room.kind {
            RoomKind::Private => {
                let user = self.user_json(room.id);
                let mut chat = json!({ "id": room.id, "type": "private", "first_name": user["first_name"] });
                if !user["username"].is_null() {
                    chat["username"] = user["username"].clone();
                }
                return chat;
            }
            RoomKind::Group => "group",
            RoomKind::Supergroup => "supergroup",
            RoomKind::Channel => "channel",
        };
        let mut chat = json!({ "id": room.id, "type": kind, "title": room.title });
        if let Some(username) = &room.username {
            chat["username"] = json!(username);
        }
        if room.topics.is_some() {
            chat["is_forum"] = json!(true);
        }
        chat
    }

    /// Gives an update to every bot of a chat that `wanted` lets it have.
    pub(super) fn tell(
        &mut self,
        key: Key,
        kind: &str,
        body: &Value,
        wanted: impl Fn(&Bot, Standing) -> bool,
    ) {
        let present: Vec<_> = match key.0 {
            Some(bot) => vec![(bot, Standing::Member)],
            None => self.room(key).bots.iter().map(|(bot, standing)| (*bot, *standing)).collect(),
        };
        for (bot, standing) in present {
            let bot = &mut self.bots[bot];
            if standing != Standing::Kicked && wanted(bot, standing) {
                bot.queue.push(kind, body.clone());
            }
        }
    }
}
