//! Changing, removing and reacting to messages.

use serde_json::{Map, Value, json};

use super::super::markup::{self, Formatted};
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::{Key, Post, RoomKind, Standing, World};
use super::Answer;
use super::compose::{caption as read_caption, reply_markup, shown_text, write_text};
use super::media::input;
use super::send::MOST_TEXT;

/// Emoji that Telegram lets people and bots react with.
const REACTIONS: &str = "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳❤‍🔥🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👨‍💻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷‍♂🤷🤷‍♀😡";

/// How long anybody's message can be removed, in seconds.
const DELETABLE: u64 = 48 * 3600;

/// Finds the message that a call edits; only the bot's own can be.
fn own(world: &World, bot: usize, params: &Params) -> Result<(Key, i64), Refusal> {
    let key = world.reach(bot, params.text("chat_id"))?;
    let id = params.int("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let post = world.post(key, id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if post.bot == Some(bot) { Ok((key, id)) } else { Err(Refusal::bad("message can't be edited")) }
}

fn change(
    world: &mut World,
    (key, id): (Key, i64),
    params: &Params,
    edit: impl FnOnce(&mut Map<String, Value>),
) -> Answer {
    let markup = reply_markup(params)?;
    let date = world.date();
    let post = world.post_mut(key, id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    let mut body = post.body.clone();
    edit(&mut body);
    body.remove("reply_markup");
    if let Some(markup) = markup {
        body.insert("reply_markup".into(), markup);
    }
    let seen = |body: &Map<String, Value>| {
        let mut body = body.clone();
        body.remove("edit_date");
        body
    };
    if seen(&body) == seen(&post.body) {
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a \
             current content and reply markup of the message",
        ));
    }
    let (before, after) = (shown_text(&post.body).to_owned(), shown_text(&body));
    if before != after {
        post.earlier.push(before);
    }
    body.insert("edit_date".into(), json!(date));
    post.body.clone_from(&body);
    Ok(Value::Object(body))
}

/// `editMessageText`.
pub(super) fn text(world: &mut World, bot: usize, params: &Params) -> Answer {
    if params.text("text").is_none() {
        return Err(Refusal::bad("message text is empty"));
    }
    let at = own(world, bot, params)?;
    let text: Formatted = markup::resolve(params, "text", "parse_mode", "entities")?;
    if text.text.is_empty() {
        return Err(Refusal::bad("text must be non-empty"));
    }
    if text.units() > MOST_TEXT {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    if world.post(at.0, at.1).is_some_and(|post| !post.body.contains_key("text")) {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    change(world, at, params, |body| write_text(body, "text", &text))
}

/// `editMessageCaption`.
pub(super) fn caption(world: &mut World, bot: usize, params: &Params) -> Answer {
    let at = own(world, bot, params)?;
    let caption = read_caption(params)?;
    if world.post(at.0, at.1).is_some_and(|post| post.body.contains_key("text")) {
        return Err(Refusal::bad("there is no caption in the message to edit"));
    }
    change(world, at, params, |body| write_text(body, "caption", &caption))
}

/// `editMessageReplyMarkup`.
pub(super) fn markup(world: &mut World, bot: usize, params: &Params) -> Answer {
    let at = own(world, bot, params)?;
    change(world, at, params, |_| {})
}

/// `editMessageMedia`.
pub(super) fn media(world: &mut World, bot: usize, params: &Params) -> Answer {
    let at = own(world, bot, params)?;
    let item =
        params.json("media", "input media")?.ok_or_else(|| Refusal::bad("input media is not specified"))?;
    let (_, fields) = input(world, params, &item)?;
    change(world, at, params, |body| {
        for old in [
            "photo",
            "video",
            "document",
            "audio",
            "animation",
            "caption",
            "caption_entities",
            "text",
            "entities",
        ] {
            body.remove(old);
        }
        body.extend(fields);
    })
}

fn deletable(world: &World, bot: usize, key: Key, post: &Post) -> bool {
    let room = world.room(key);
    let rights = room.kind == RoomKind::Private || room.bots.get(&bot) == Some(&Standing::Admin);
    let fresh = world.age().saturating_sub(post.at).as_secs() < DELETABLE;
    fresh && (post.bot == Some(bot) || rights)
}

/// `deleteMessage`.
pub(super) fn delete(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let id = params.int("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let post = world.post(key, id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
    if !deletable(world, bot, key, post) {
        return Err(Refusal::bad("message can't be deleted"));
    }
    if let Some(post) = world.post_mut(key, id) {
        post.deleted = true;
    }
    Ok(json!(true))
}

/// `deleteMessages`: those that are not there are skipped.
pub(super) fn delete_many(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let ids = params.json("message_ids", "message identifiers")?.unwrap_or_default();
    let ids = ids.as_array().ok_or_else(|| Refusal::bad("message identifiers are not specified"))?;
    if ids.len() > 100 {
        return Err(Refusal::bad("too many message identifiers specified"));
    }
    for id in ids.iter().filter_map(Value::as_i64) {
        if world.post(key, id).is_some_and(|post| deletable(world, bot, key, post))
            && let Some(post) = world.post_mut(key, id)
        {
            post.deleted = true;
        }
    }
    Ok(json!(true))
}

/// `setMessageReaction`: a bot has one reaction on a message.
pub(super) fn react(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let id = params.int("message_id").unwrap_or_default();
    let given = params.json("reaction", "reaction types")?.unwrap_or_else(|| json!([]));
    let given =
        given.as_array().ok_or_else(|| Refusal::bad("can't parse reaction types: expected an Array"))?;
    if given.len() > 1 {
        return Err(Refusal::bad("REACTIONS_TOO_MANY"));
    }
    let mut emoji = Vec::new();
    for reaction in given {
        match reaction["emoji"].as_str() {
            Some(one) if !one.is_empty() && REACTIONS.contains(one) => emoji.push(one.to_owned()),
            _ => return Err(Refusal::bad("REACTION_INVALID")),
        }
    }
    let who = world.bots[bot].id;
    let post = world.post_mut(key, id).ok_or_else(|| Refusal::bad("message to react not found"))?;
    if emoji.is_empty() {
        post.reactions.remove(&who);
    } else {
        post.reactions.insert(who, emoji);
    }
    Ok(json!(true))
}
