//! Topics of a forum.

use serde_json::{Value, json};

use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::{Key, Standing, Topic, World};
use super::Answer;
use super::compose::{Draft, append};

/// Colour of a topic's icon when none is named.
const BLUE: i64 = 7_322_096;

/// Finds a forum in which the bot may manage topics.
fn forum(world: &World, bot: usize, params: &Params) -> Result<Key, Refusal> {
    let key = world.reach(bot, params.text("chat_id"))?;
    let room = world.room(key);
    if room.topics.is_none() {
        return Err(Refusal::bad("the chat is not a forum"));
    }
    if room.bots.get(&bot) != Some(&Standing::Admin) {
        return Err(Refusal::bad("not enough rights to create a topic"));
    }
    Ok(key)
}

/// Adds a service message, such as `forum_topic_closed`; nobody is told. Returns its id and body.
pub(in super::super) fn service(
    world: &mut World,
    key: Key,
    from: i64,
    topic: Option<i64>,
    name: &str,
    body: Value,
) -> (i64, Value) {
    let bot = world.bots.iter().position(|bot| bot.id == from);
    let mut draft = Draft { bot, from, topic, ..Draft::default() };
    draft.fields.insert(name.into(), body);
    append(world, key, draft)
}

/// `createForumTopic`.
pub(super) fn create(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = forum(world, bot, params)?;
    let name = params.text("name").ok_or_else(|| Refusal::bad("TOPIC_TITLE_EMPTY"))?.to_owned();
    if name.chars().count() > 128 {
        return Err(Refusal::bad("topic name is too long"));
    }
    let from = world.bots[bot].id;
    let color = params.int("icon_color").unwrap_or(BLUE);
    let id = begin(world, key, from, &name, color);
    Ok(json!({ "message_thread_id": id, "name": name, "icon_color": color }))
}

/// Begins a topic with its service message; returns its id.
pub(in super::super) fn begin(world: &mut World, key: Key, from: i64, name: &str, color: i64) -> i64 {
    let made = json!({ "name": name, "icon_color": color });
    let (id, _) = service(world, key, from, None, "forum_topic_created", made);
    let room = world.room_mut(key);
    if let Some(topics) = &mut room.topics {
        topics.insert(id, Topic { name: name.to_owned(), closed: false });
    }
    if let Some(post) = room.posts.get_mut(&id) {
        post.body.insert("message_thread_id".into(), json!(id));
        post.body.insert("is_topic_message".into(), json!(true));
    }
    id
}

fn topic(world: &mut World, key: Key, id: i64) -> Result<&mut Topic, Refusal> {
    let topics = world.room_mut(key).topics.as_mut();
    topics.and_then(|topics| topics.get_mut(&id)).ok_or_else(|| Refusal::bad("TOPIC_ID_INVALID"))
}

fn set_closed(world: &mut World, bot: usize, params: &Params, id: i64, closed: bool) -> Answer {
    let key = forum(world, bot, params)?;
    let topic = topic(world, key, id)?;
    if topic.closed == closed {
        return Err(Refusal::bad("TOPIC_NOT_MODIFIED"));
    }
    topic.closed = closed;
    let name = match (id, closed) {
        (1, true) => "general_forum_topic_hidden",
        (1, false) => "general_forum_topic_unhidden",
        (_, true) => "forum_topic_closed",
        (_, false) => "forum_topic_reopened",
    };
    service(world, key, world.bots[bot].id, Some(id), name, json!({}));
    Ok(json!(true))
}

fn named(params: &Params) -> Result<i64, Refusal> {
    params.int("message_thread_id").ok_or_else(|| Refusal::bad("TOPIC_ID_INVALID"))
}

/// `closeForumTopic`.
pub(super) fn close(world: &mut World, bot: usize, params: &Params) -> Answer {
    set_closed(world, bot, params, named(params)?, true)
}

/// `reopenForumTopic`.
pub(super) fn reopen(world: &mut World, bot: usize, params: &Params) -> Answer {
    set_closed(world, bot, params, named(params)?, false)
}

/// `closeGeneralForumTopic`.
pub(super) fn close_general(world: &mut World, bot: usize, params: &Params) -> Answer {
    set_closed(world, bot, params, 1, true)
}

/// `reopenGeneralForumTopic`.
pub(super) fn reopen_general(world: &mut World, bot: usize, params: &Params) -> Answer {
    set_closed(world, bot, params, 1, false)
}

/// `editForumTopic`.
pub(super) fn rename(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = forum(world, bot, params)?;
    let id = named(params)?;
    let name = params.text("name").unwrap_or_default().to_owned();
    let topic = topic(world, key, id)?;
    if topic.name == name {
        return Err(Refusal::bad("TOPIC_NOT_MODIFIED"));
    }
    topic.name.clone_from(&name);
    service(world, key, world.bots[bot].id, Some(id), "forum_topic_edited", json!({ "name": name }));
    Ok(json!(true))
}

/// `deleteForumTopic`: with all its messages.
pub(super) fn delete(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = forum(world, bot, params)?;
    let id = named(params)?;
    topic(world, key, id)?;
    let room = world.room_mut(key);
    if let Some(topics) = &mut room.topics {
        topics.remove(&id);
    }
    for post in room.posts.values_mut() {
        if post.body.get("message_thread_id").and_then(Value::as_i64) == Some(id) {
            post.deleted = true;
        }
    }
    Ok(json!(true))
}
