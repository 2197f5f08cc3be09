//! What people do: write, edit, react, press, vote, block, and move groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::content::{Content, Kind};
use super::markup::{self, Formatted};
use super::methods::{self, Draft};
use super::world::{Bot, Key, Query, Room, RoomKind, Standing, World};
use super::{Chat, FakeTelegram};

impl Chat {
    pub(super) fn key(self) -> Key {
        World::key(self.bot, self.id)
    }

    /// Returns one of its topics.
    #[must_use]
    pub fn topic(self, id: i64) -> Self {
        Self { topic: Some(id), ..self }
    }
}

impl FakeTelegram {
    /// Lets a person write; returns the message's id, of an album the first.
    pub fn say(&self, chat: Chat, user: i64, content: Content) -> i64 {
        self.say_all(chat, user, content)[0]
    }

    /// Lets a person write; returns the ids of the messages, more than one for an album.
    pub fn say_all(&self, chat: Chat, user: i64, content: Content) -> Vec<i64> {
        self.shared.with(|world| match content.kind {
            Kind::Album(items) => {
                let album = world.fresh().to_string();
                items.into_iter().map(|item| say(world, chat, user, item, Some(&album))).collect()
            }
            _ => vec![say(world, chat, user, content, None)],
        })
    }

    /// Lets a person change the text or caption of a message.
    pub fn edit(&self, chat: Chat, message: i64, text: &str) {
        self.shared.with(|world| {
            let (key, date) = (chat.key(), world.date());
            let post = world.post_mut(key, message).expect("a message that is there");
            let field = if post.body.contains_key("text") { "text" } else { "caption" };
            write(&mut post.body, field, text);
            post.body.insert("edit_date".into(), json!(date));
            let body = Value::Object(post.body.clone());
            let kind = if world.room(key).kind == RoomKind::Channel {
                "edited_channel_post"
            } else {
                "edited_message"
            };
            hear(world, key, kind, &body);
        });
    }

    /// Lets a person react to a message with these emoji; none takes the reaction back.
    pub fn react(&self, chat: Chat, user: i64, message: i64, emoji: &[&str]) {
        self.shared.with(|world| {
            let key = chat.key();
            let (who, place, date) = (world.user_json(user), world.chat_json(key), world.date());
            let post = world.post_mut(key, message).expect("a message that is there");
            let new: Vec<_> = emoji.iter().map(|&one| one.to_owned()).collect();
            let old = post.reactions.insert(user, new.clone()).unwrap_or_default();
            let list = |emoji: &[String]| -> Value {
                emoji.iter().map(|emoji| json!({ "type": "emoji", "emoji": emoji })).collect()
            };
            let update = json!({
                "chat": place, "message_id": message, "user": who, "date": date,
                "old_reaction": list(&old), "new_reaction": list(&new),
            });
            // In groups only administrators are told.
            world.tell(key, "message_reaction", &update, |_, standing| {
                key.0.is_some() || standing == Standing::Admin
            });
        });
    }

    /// Lets a person press the button with this data; returns the query's id. Panics when there is no such button.
    pub fn press(&self, chat: Chat, user: i64, message: i64, data: &str) -> String {
        self.shared.with(|world| {
            let key = chat.key();
            let post = world.post(key, message).expect("a message that is there");
            let rows = post.body.get("reply_markup").and_then(|markup| markup["inline_keyboard"].as_array());
            let mut buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
            assert!(buttons.any(|button| button["callback_data"] == data), "no button carries {data:?}");
            let bot = post.bot.expect("buttons stand under messages of bots");
            let body = Value::Object(post.body.clone());
            let id = format!("{}", 7_000_000_000_000 + world.fresh());
            let update = json!({
                "id": id, "from": world.user_json(user), "message": body, "data": data,
                "chat_instance": (key.1.unsigned_abs() * 31 + 7).to_string(),
            });
            let query = Query { bot, pressed: tokio::time::Instant::now(), answer: None };
            world.queries.insert(id.clone(), query);
            world.bots[bot].queue.push("callback_query", update);
            id
        })
    }

    /// Returns what the bot answered to a pressed button, once it did; an empty text shows nothing.
    pub fn answered(&self, query: &str) -> Option<String> {
        self.shared.look(|world| world.queries.get(query)?.answer.clone())
    }

    /// Lets a person choose options of a poll, counted from 0; none takes the vote back.
    pub fn vote(&self, user: i64, poll: &str, options: &[usize]) {
        self.shared.with(|world| methods::vote(world, user, poll, options));
    }

    /// Lets a person block the first bot, or take that back.
    pub fn block(&self, user: i64, blocked: bool) {
        self.shared.with(|world| {
            let person = world.people.get_mut(&user).expect("a person that is there");
            if blocked {
                person.blocked.insert(0)
            } else {
                person.blocked.remove(&0)
            };
            let status = if blocked { ("member", "kicked") } else { ("kicked", "member") };
            standing_changed(world, (Some(0), user), 0, user, status);
        });
    }

    /// Removes the first bot from a group or channel.
    pub fn kick(&self, chat: Chat) {
        self.stand(chat, Standing::Kicked, ("member", "kicked"));
    }

    /// Adds the first bot to a group again, as a plain member.
    pub fn add(&self, chat: Chat) {
        self.stand(chat, Standing::Member, ("left", "member"));
    }

    /// Makes the first bot an administrator.
    pub fn promote(&self, chat: Chat) {
        self.stand(chat, Standing::Admin, ("member", "administrator"));
    }

    fn stand(&self, chat: Chat, standing: Standing, status: (&str, &str)) {
        self.shared.with(|world| {
            let by = world.people.keys().next().copied().unwrap_or(1);
            world.room_mut(chat.key()).bots.insert(0, standing);
            standing_changed(world, chat.key(), 0, by, status);
        });
    }

    /// Begins a topic in a forum; returns the forum's part that is this topic.
    pub fn create_topic(&self, chat: Chat, user: i64, name: &str) -> Chat {
        self.shared.with(|world| {
            let id = methods::begin_topic(world, chat.key(), user, name, 7_322_096);
            let body = Value::Object(world.room(chat.key()).posts[&id].body.clone());
            hear(world, chat.key(), "message", &body);
            chat.topic(id)
        })
    }

    /// Closes or opens a topic; without one named, the General topic.
    pub fn close_topic(&self, chat: Chat, user: i64, closed: bool) {
        self.shared.with(|world| {
            let (key, id) = (chat.key(), chat.topic.unwrap_or(1));
            let topics = world.room_mut(key).topics.as_mut().expect("a forum");
            topics.get_mut(&id).expect("a topic that is there").closed = closed;
            let name = if closed { "forum_topic_closed" } else { "forum_topic_reopened" };
            let (_, body) = methods::service(world, key, user, chat.topic, name, json!({}));
            hear(world, key, "message", &body);
        });
    }

    /// Turns a group into a supergroup, which has another id; returns it.
    pub fn migrate(&self, chat: Chat, user: i64) -> Chat {
        self.shared.with(|world| {
            let old = world.room(chat.key()).clone();
            assert_eq!(old.kind, RoomKind::Group, "only groups migrate");
            let id = -1_000_000_000_000 + old.id;
            let room = Room { id, kind: RoomKind::Supergroup, posts: BTreeMap::new(), ..old };
            world.rooms.insert((None, id), room);
            let (_, left) = methods::service(world, chat.key(), user, None, "migrate_to_chat_id", json!(id));
            hear(world, chat.key(), "message", &left);
            let (_, came) =
                methods::service(world, (None, id), user, None, "migrate_from_chat_id", json!(chat.id));
            hear(world, (None, id), "message", &came);
            world.room_mut(chat.key()).migrated_to = Some(id);
            Chat { id, ..chat }
        })
    }

    /// Removes a message as a person does. Bots are never told.
    pub fn delete(&self, chat: Chat, message: i64) {
        self.shared.with(|world| {
            world.post_mut(chat.key(), message).expect("a message that is there").deleted = true;
        });
    }
}

fn say(world: &mut World, chat: Chat, user: i64, content: Content, album: Option<&str>) -> i64 {
    let key = chat.key();
    let channel = world.room(key).kind == RoomKind::Channel;
    assert!(channel || world.people.contains_key(&user), "nobody has the id {user}");
    let from = if channel { key.1 } else { user };
    let mut draft = Draft {
        from,
        topic: chat.topic,
        reply_to: content.reply_to,
        quote: content.quote,
        ..Draft::default()
    };
    match content.kind {
        Kind::Text => write(&mut draft.fields, "text", &content.text),
        Kind::File(media, file) => {
            let id = world.files.add(media, file);
            draft.fields = world.files.message_fields(&id);
            write(&mut draft.fields, "caption", &content.text);
        }
        Kind::Other(fields) => draft.fields = fields,
        Kind::Album(_) => panic!("an album holds no album"),
    }
    if let Some(album) = album {
        draft.fields.insert("media_group_id".into(), json!(album));
    }
    if let Some(origin) = content.forwarded {
        draft.fields.insert("forward_origin".into(), origin);
    }
    let (id, body) = methods::append(world, key, draft);
    hear(world, key, if channel { "channel_post" } else { "message" }, &body);
    id
}

/// Writes a text and what Telegram finds in it.
fn write(fields: &mut Map<String, Value>, name: &str, text: &str) {
    let formatted = Formatted { text: text.to_owned(), entities: markup::detect(text) };
    methods::write_text(fields, name, &formatted);
}

/// Gives a message to the bots that may hear it.
fn hear(world: &mut World, key: Key, kind: &str, body: &Value) {
    let private = key.0.is_some() || kind.contains("channel");
    world.tell(key, kind, body, |bot, standing| {
        private || !bot.privacy || standing == Standing::Admin || addressed(bot, body)
    });
}

/// Says whether a message is for a bot that hears only what is for it.
fn addressed(bot: &Bot, body: &Value) -> bool {
    let Some(text) = body["text"].as_str().or_else(|| body["caption"].as_str()) else {
        let content =
            ["photo", "document", "voice", "audio", "video", "video_note", "sticker", "location", "contact"];
        return content.iter().all(|field| body[*field].is_null());
    };
    let named = format!("@{}", bot.username).to_lowercase();
    let text = text.to_lowercase();
    let command =
        text.starts_with('/') && text.split_whitespace().next().is_some_and(|word| !word.contains('@'));
    command || text.contains(&named) || body["reply_to_message"]["from"]["id"] == bot.id
}

fn standing_changed(world: &mut World, key: Key, bot: usize, by: i64, (old, new): (&str, &str)) {
    if !world.rooms.contains_key(&key) {
        return;
    }
    let user = world.user_json(world.bots[bot].id);
    let update = json!({
        "chat": world.chat_json(key), "from": world.user_json(by), "date": world.date(),
        "old_chat_member": { "status": old, "user": user, "until_date": 0 },
        "new_chat_member": { "status": new, "user": user, "until_date": 0 },
    });
    world.bots[bot].queue.push("my_chat_member", update);
}
