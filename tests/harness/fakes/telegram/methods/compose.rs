//! What every message of a bot has in common: where it goes, what it answers to, its buttons; and how it is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::markup::{self, Formatted};
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::{Key, Post, Room, RoomKind, Standing, World};

/// Most bytes of a button's data.
const MOST_DATA: usize = 64;

/// A message before it is kept.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Draft {
    /// `text`, `photo`, … of the API's object.
    pub fields: Map<String, Value>,
    /// The bot that sends it; none for a person.
    pub bot: Option<usize>,
    /// Who writes it.
    pub from: i64,
    pub topic: Option<i64>,
    pub reply_to: Option<i64>,
    pub quote: Option<String>,
    pub silent: bool,
}

/// Checks where a bot's message goes and what it answers to. The message itself is added by the caller.
pub(in super::super) fn begin(world: &World, bot: usize, params: &Params) -> Result<(Key, Draft), Refusal> {
    let key = world.reach(bot, params.text("chat_id"))?;
    let room = world.room(key);
    if room.kind == RoomKind::Channel && room.bots.get(&bot) != Some(&Standing::Admin) {
        return Err(Refusal::bad("need administrator rights in the channel chat"));
    }
    let topic = topic(room, params.int("message_thread_id"), room.bots.get(&bot) == Some(&Standing::Admin))?;
    let mut draft = Draft { bot: Some(bot), from: world.bots[bot].id, topic, ..Draft::default() };
    draft.silent = params.flag("disable_notification");
    if room.kind == RoomKind::Channel {
        draft.from = room.id;
    }
    reply(world, key, params, &mut draft)?;
    if let Some(markup) = reply_markup(params)? {
        draft.fields.insert("reply_markup".into(), markup);
    }
    Ok((key, draft))
}

/// Checks a topic: General is written to by naming none, a closed one by administrators only.
fn topic(room: &Room, topic: Option<i64>, admin: bool) -> Result<Option<i64>, Refusal> {
    let missing = || Refusal::bad("message thread not found");
    let Some(topics) = &room.topics else {
        return match topic {
            Some(id) if room.kind != RoomKind::Private && !room.posts.contains_key(&id) => Err(missing()),
            _ => Ok(None),
        };
    };
    // The General topic may be closed too; it is known by id 1, which nobody can send to.
    let id = topic.unwrap_or(1);
    if topic == Some(1) {
        return Err(missing());
    }
    match topics.get(&id) {
        Some(topic) if topic.closed && !admin => Err(Refusal::bad("TOPIC_CLOSED")),
        None if id != 1 => Err(missing()),
        _ => Ok(topic),
    }
}

fn reply(world: &World, key: Key, params: &Params, draft: &mut Draft) -> Result<(), Refusal> {
    let given = params.json("reply_parameters", "reply parameters")?.unwrap_or_default();
    let id = given["message_id"].as_i64().or_else(|| params.int("reply_to_message_id"));
    let Some(id) = id.filter(|id| *id != 0) else { return Ok(()) };
    let anyway = given["allow_sending_without_reply"].as_bool().unwrap_or_default()
        || params.flag("allow_sending_without_reply");
    let Some(post) = world.post(key, id) else {
        return if anyway { Ok(()) } else { Err(Refusal::bad("message to be replied not found")) };
    };
    draft.reply_to = Some(id);
    if let Some(quote) = given["quote"].as_str() {
        if !shown_text(&post.body).contains(quote) {
            return Err(Refusal::bad("QUOTE_TEXT_INVALID"));
        }
        draft.quote = Some(quote.to_owned());
    }
    if draft.topic.is_none() && world.room(key).topics.is_some() {
        draft.topic = post.body.get("message_thread_id").and_then(Value::as_i64);
    }
    Ok(())
}

/// Reads the keyboard. Only an inline one becomes part of the message.
pub(in super::super) fn reply_markup(params: &Params) -> Result<Option<Value>, Refusal> {
    let Some(markup) = params.json("reply_markup", "reply keyboard markup")? else { return Ok(None) };
    if !markup.is_object() {
        return Err(Refusal::bad("object expected as reply markup"));
    }
    let Some(rows) = markup.get("inline_keyboard") else { return Ok(None) };
    let rows =
        rows.as_array().ok_or_else(|| Refusal::bad("field \"inline_keyboard\" must be of type Array"))?;
    for row in rows {
        let row = row
            .as_array()
            .ok_or_else(|| Refusal::bad("can't parse inline keyboard: expected an Array of Array"))?;
        for button in row {
            check_button(button)?;
        }
    }
    let filled: Vec<_> =
        rows.iter().filter(|row| row.as_array().is_some_and(|row| !row.is_empty())).collect();
    Ok((!filled.is_empty()).then(|| json!({ "inline_keyboard": filled })))
}

fn check_button(button: &Value) -> Result<(), Refusal> {
    let parse = |text: &str| Refusal::bad(format!("can't parse inline keyboard button: {text}"));
    match button["text"].as_str() {
        None => return Err(parse("Can't find field \"text\"")),
        Some("") => return Err(Refusal::bad("BUTTON_TEXT_EMPTY")),
        Some(_) => {}
    }
    if let Some(data) = button.get("callback_data") {
        let data = data.as_str().ok_or_else(|| parse("Field \"callback_data\" must be of type String"))?;
        if data.is_empty() || data.len() > MOST_DATA {
            return Err(Refusal::bad("BUTTON_DATA_INVALID"));
        }
        return Ok(());
    }
    match button["url"].as_str() {
        Some(url) if url.starts_with("http") || url.starts_with("tg://") => Ok(()),
        Some(url) => {
            Err(Refusal::bad(format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")))
        }
        None if button.as_object().is_some_and(|fields| fields.len() > 1) => Ok(()),
        None => Err(parse("Text buttons are unallowed in the inline keyboard")),
    }
}

/// Reads a caption.
pub(in super::super) fn caption(params: &Params) -> Result<Formatted, Refusal> {
    let caption = markup::resolve(params, "caption", "parse_mode", "caption_entities")?;
    if caption.units() > 1024 {
        return Err(Refusal::bad("message caption is too long"));
    }
    Ok(caption)
}

/// Writes a text or caption, and its entities, into a message's fields.
pub(in super::super) fn write_text(fields: &mut Map<String, Value>, name: &str, text: &Formatted) {
    let entities = if name == "text" { "entities" } else { "caption_entities" };
    fields.remove(entities);
    fields.remove(name);
    if !text.text.is_empty() {
        fields.insert(name.into(), json!(text.text));
    }
    if !text.entities.is_empty() {
        fields.insert(entities.into(), json!(text.entities_json()));
    }
}

/// Returns a message's text or caption.
pub(in super::super) fn shown_text(body: &Map<String, Value>) -> &str {
    let text = body.get("text").or_else(|| body.get("caption"));
    text.and_then(Value::as_str).unwrap_or_default()
}

/// Keeps a message and returns it as the API writes it.
pub(in super::super) fn append(world: &mut World, key: Key, draft: Draft) -> (i64, Value) {
    let id = world.next_message(key);
    let mut body = Map::new();
    body.insert("message_id".into(), json!(id));
    let room = world.room(key);
    let forum = room.topics.is_some();
    if room.kind == RoomKind::Channel {
        body.insert("sender_chat".into(), world.chat_json(key));
    } else {
        body.insert("from".into(), world.user_json(draft.from));
    }
    body.insert("chat".into(), world.chat_json(key));
    body.insert("date".into(), json!(world.date()));
    let supergroup = room.kind == RoomKind::Supergroup;
    if let Some(topic) = draft.topic.filter(|topic| *topic != 1 && forum) {
        body.insert("message_thread_id".into(), json!(topic));
        body.insert("is_topic_message".into(), json!(true));
    }
    // A message in a topic that answers to nothing answers to the message that began the topic.
    let begun_by = draft.topic.filter(|topic| forum && draft.reply_to.is_none() && *topic != 1);
    if let Some(post) = draft.reply_to.or(begun_by).and_then(|id| world.post(key, id)) {
        let mut inner = post.body.clone();
        // In a supergroup without topics a chain of answers is a thread, named by its first message.
        if supergroup && !forum {
            let first = inner.get("message_thread_id").or(inner.get("message_id")).cloned();
            body.insert("message_thread_id".into(), first.unwrap_or_default());
        }
        inner.remove("reply_to_message");
        body.insert("reply_to_message".into(), Value::Object(inner));
    }
    if let Some(quote) = &draft.quote {
        body.insert("quote".into(), json!({ "text": quote, "position": 0, "is_manual": true }));
    }
    body.extend(draft.fields);
    let at = world.age();
    let post = Post {
        body: body.clone(),
        bot: draft.bot,
        from: draft.from,
        at,
        earlier: Vec::new(),
        deleted: false,
        pinned: false,
        silent: draft.silent,
        reactions: BTreeMap::new(),
        ballots: BTreeMap::new(),
    };
    world.room_mut(key).posts.insert(id, post);
    (id, Value::Object(body))
}
