//! Messages without a file: text, places, contacts; copies and forwards.

use serde_json::{Map, Value, json};

use super::super::markup;
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::{RoomKind, World};
use super::Answer;
use super::compose::{append, begin, caption, write_text};

/// Most UTF-16 units of a text after its markup is resolved.
pub(super) const MOST_TEXT: usize = 4096;

/// `sendMessage`.
pub(super) fn message(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    if params.text("text").is_none() {
        return Err(Refusal::bad("message text is empty"));
    }
    let text = markup::resolve(params, "text", "parse_mode", "entities")?;
    if text.text.is_empty() {
        return Err(Refusal::bad("text must be non-empty"));
    }
    if text.units() > MOST_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    write_text(&mut draft.fields, "text", &text);
    Ok(append(world, key, draft).1)
}

/// `sendMessageDraft`: a text that people see grow before it is sent.
pub(super) fn draft(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    if world.room(key).kind != RoomKind::Private {
        return Err(Refusal::bad("TEXTDRAFT_PEER_INVALID"));
    }
    let id = params.int("draft_id").filter(|id| *id != 0);
    let id = id.ok_or_else(|| Refusal::bad("draft identifier must be non-zero"))?;
    let text = markup::resolve(params, "text", "parse_mode", "entities")?;
    if text.units() > MOST_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    world.room_mut(key).drafts.insert(id, text.text);
    Ok(json!(true))
}

/// Reads a number with a point.
fn number(params: &Params, name: &str) -> Option<f64> {
    params.text(name).and_then(|text| text.parse().ok())
}

fn place(params: &Params) -> Result<Value, Refusal> {
    let (Some(latitude), Some(longitude)) = (number(params, "latitude"), number(params, "longitude")) else {
        return Err(Refusal::bad("latitude is empty"));
    };
    Ok(json!({ "latitude": latitude, "longitude": longitude }))
}

/// `sendLocation`.
pub(super) fn location(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    draft.fields.insert("location".into(), place(params)?);
    Ok(append(world, key, draft).1)
}

/// `sendVenue`.
pub(super) fn venue(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let location = place(params)?;
    let venue =
        json!({ "location": location, "title": params.text("title"), "address": params.text("address") });
    draft.fields.insert("location".into(), location);
    draft.fields.insert("venue".into(), venue);
    Ok(append(world, key, draft).1)
}

/// `sendContact`.
pub(super) fn contact(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let phone = params.text("phone_number").ok_or_else(|| Refusal::bad("phone number is empty"))?;
    let name = params.text("first_name").ok_or_else(|| Refusal::bad("first name is empty"))?;
    draft.fields.insert("contact".into(), json!({ "phone_number": phone, "first_name": name }));
    Ok(append(world, key, draft).1)
}

/// `sendDice`.
pub(super) fn dice(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let emoji = params.text("emoji").unwrap_or("🎲");
    draft.fields.insert("dice".into(), json!({ "emoji": emoji, "value": 4 }));
    Ok(append(world, key, draft).1)
}

/// Fields that are about a message's place, not its content.
const PLACE: [&str; 15] = [
    "message_id",
    "from",
    "sender_chat",
    "chat",
    "date",
    "message_thread_id",
    "is_topic_message",
    "reply_to_message",
    "quote",
    "edit_date",
    "forward_origin",
    "forward_from",
    "forward_date",
    "reply_markup",
    "media_group_id",
];

fn content(
    world: &World,
    bot: usize,
    params: &Params,
    what: &str,
) -> Result<(Map<String, Value>, i64), Refusal> {
    let from = world.reach(bot, params.text("from_chat_id"))?;
    let id = params.int("message_id").unwrap_or_default();
    let post = world.post(from, id).ok_or_else(|| Refusal::bad(format!("message to {what} not found")))?;
    let mut fields = post.body.clone();
    fields.retain(|name, _| !PLACE.contains(&name.as_str()));
    Ok((fields, post.from))
}

/// `copyMessage`.
pub(super) fn copy(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let (mut fields, _) = content(world, bot, params, "copy")?;
    if params.values.contains_key("caption") && !fields.contains_key("text") {
        write_text(&mut fields, "caption", &caption(params)?);
    }
    draft.fields.extend(fields);
    let (id, _) = append(world, key, draft);
    Ok(json!({ "message_id": id }))
}

/// `forwardMessage`.
pub(super) fn forward(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let (fields, from) = content(world, bot, params, "forward")?;
    draft.fields.extend(fields);
    let origin = json!({ "type": "user", "sender_user": world.user_json(from), "date": world.date() });
    draft.fields.insert("forward_origin".into(), origin);
    Ok(append(world, key, draft).1)
}
