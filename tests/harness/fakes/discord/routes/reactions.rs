//! Emoji under messages, and pins.

use serde_json::{Value, json};

use super::super::messages::{Draft, with_guild};
use super::super::model::{Id, Message};
use super::super::options::intent;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request, ok};
use super::super::world::World;
use super::messages::may_write;

/// Most pins of a channel.
const MOST_PINS: usize = 250;

pub(super) fn add(world: &mut World, request: &Request) -> Answer {
    let (channel, id, emoji) = place(world, request)?;
    may_write(world, channel)?;
    let bot = world.bot;
    world.react(channel, id, bot, &emoji, true);
    Ok(Reply::Nothing)
}

pub(super) fn remove(world: &mut World, request: &Request) -> Answer {
    let (channel, id, emoji) = place(world, request)?;
    let bot = world.bot;
    world.react(channel, id, bot, &emoji, false);
    Ok(Reply::Nothing)
}

pub(super) fn who(world: &mut World, request: &Request) -> Answer {
    let (channel, id, emoji) = place(world, request)?;
    let message = world.message(channel, id)?;
    let found = message.reactions.iter().find(|reaction| reaction.emoji == emoji);
    ok(found
        .into_iter()
        .flat_map(|reaction| &reaction.users)
        .map(|user| render::user(world, *user))
        .collect())
}

fn place(world: &World, request: &Request) -> Result<(Id, Id, String), Refusal> {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    world.message(channel, id)?;
    let emoji = request.param("emoji");
    // Custom emoji are `name:id`; all others are symbols, never words. Digits, # and * begin keycaps.
    let custom = emoji.split_once(':').is_some_and(|(_, id)| id.parse::<u64>().is_ok());
    if !custom && (emoji.is_ascii() || emoji.chars().any(char::is_alphabetic)) {
        return Err(Refusal::UNKNOWN_EMOJI);
    }
    Ok((channel, id, emoji.to_owned()))
}

pub(super) fn pin(world: &mut World, request: &Request) -> Answer {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    let guild = world.message(channel, id)?.guild;
    may_write(world, channel)?;
    if pinned(world, channel).len() >= MOST_PINS {
        return Err(Refusal::TOO_MANY_PINS);
    }
    let now = world.time.millis();
    let new =
        world.messages.get_mut(&(channel, id)).is_some_and(|message| message.pinned.replace(now).is_none());
    if new {
        tell(world, channel, id, guild);
        let draft = Draft { kind: 6, reference: Some((channel, id)), ..Draft::default() };
        world.post(channel, world.bot, draft);
    }
    Ok(Reply::Nothing)
}

pub(super) fn unpin(world: &mut World, request: &Request) -> Answer {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    let guild = world.message(channel, id)?.guild;
    may_write(world, channel)?;
    let old = world.messages.get_mut(&(channel, id)).is_some_and(|message| message.pinned.take().is_some());
    if old {
        tell(world, channel, id, guild);
    }
    Ok(Reply::Nothing)
}

fn tell(world: &mut World, channel: Id, id: Id, guild: Option<Id>) {
    let last = pinned(world, channel).first().and_then(|message| message.pinned).map(render::time);
    let data = with_guild(json!({"channel_id": channel, "last_pin_timestamp": last}), guild);
    world.tell(channel, "CHANNEL_PINS_UPDATE", (intent::GUILDS, intent::DIRECT_MESSAGES), data);
    world.tell_message("MESSAGE_UPDATE", channel, id);
}

/// Returns the pinned messages, the latest pin first.
fn pinned(world: &World, channel: Id) -> Vec<&Message> {
    let mut found: Vec<&Message> =
        world.in_channel(channel).filter(|message| message.pinned.is_some()).collect();
    found.sort_by_key(|message| std::cmp::Reverse(message.pinned));
    found
}

pub(super) fn pins(world: &mut World, request: &Request) -> Answer {
    let channel = world.channel(request.id("channel")?)?.id;
    let limit = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50_usize).clamp(1, 50);
    let all = pinned(world, channel);
    let item = |message: &&Message| json!({"pinned_at": message.pinned.map(render::time), "message": render::message(world, message)});
    let items: Vec<Value> = all.iter().take(limit).map(item).collect();
    ok(json!({"items": items, "has_more": all.len() > limit}))
}

pub(super) fn old_pins(world: &mut World, request: &Request) -> Answer {
    let channel = world.channel(request.id("channel")?)?.id;
    ok(pinned(world, channel).into_iter().take(50).map(|message| render::message(world, message)).collect())
}
