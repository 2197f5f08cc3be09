//! Messages: send, read, change, remove.

use serde_json::Value;

use super::super::Access;
use super::super::components;
use super::super::form;
use super::super::model::{Id, flag, kind};
use super::super::options::intent;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request, ok};
use super::super::session::hide;
use super::super::voice;
use super::super::world::World;

/// Most messages that one call returns or removes.
const MOST: usize = 100;

pub(super) fn list(world: &mut World, request: &Request) -> Answer {
    let channel = request.id("channel")?;
    world.channel(channel)?;
    let limit = request.query("limit").map_or(Ok(50), str::parse::<usize>).unwrap_or(0);
    if limit == 0 || limit > MOST {
        let message = format!("int value should be between 1 and {MOST}.");
        return Err(Refusal::field("limit", "NUMBER_TYPE_MAX", message));
    }
    let all = world.in_channel(channel).filter(|message| message.only_for.is_none());
    let mut chosen: Vec<_> =
        match (request.query_id("after"), request.query_id("before"), request.query_id("around")) {
            (Some(after), ..) => all.filter(|message| message.id > after).take(limit).collect(),
            (_, Some(before), _) => all.rev().filter(|message| message.id < before).take(limit).collect(),
            (_, _, Some(around)) => {
                let (before, after): (Vec<_>, Vec<_>) = all.partition(|message| message.id < around);
                let before = before.into_iter().rev().take(limit / 2);
                before.chain(after.into_iter().take(limit.div_ceil(2))).collect()
            }
            _ => all.rev().take(limit).collect(),
        };
    chosen.sort_by_key(|message| std::cmp::Reverse(message.id));
    ok(chosen.into_iter().map(|message| told(world, message)).collect())
}

pub(super) fn get(world: &mut World, request: &Request) -> Answer {
    let message = world.message(request.id("channel")?, request.id("message")?)?;
    ok(told(world, message))
}

/// A message as a reader sees it who may or may not have the `MESSAGE_CONTENT` intent.
fn told(world: &World, message: &super::super::model::Message) -> Value {
    let mut value = render::message(world, message);
    if world.options.privileged & intent::MESSAGE_CONTENT == 0 && world.hides(message) {
        hide(&mut value);
    }
    value
}

pub(super) fn create(world: &mut World, request: &Request) -> Answer {
    let channel = request.id("channel")?;
    may_write(world, channel)?;
    may_embed(world, channel, &request.body)?;
    form::check(&request.body)?;
    voice::check(request)?;
    if let Some(before) = same_nonce(world, channel, &request.body) {
        return ok(render::message(world, &world.messages[&(channel, before)]));
    }
    let mut draft = world.draft(channel, request, &request.body)?;
    // Only answers to interactions can be for one person.
    draft.flags &= !flag::EPHEMERAL;
    let id = world.post(channel, world.bot, draft);
    ok(render::message(world, &world.messages[&(channel, id)]))
}

/// Returns the message that the bot sent a moment ago with the same nonce, if it asks for that.
fn same_nonce(world: &World, channel: Id, body: &Value) -> Option<Id> {
    let nonce = (body["enforce_nonce"] == true && !body["nonce"].is_null()).then_some(&body["nonce"])?;
    let life = u64::try_from(world.options.nonce_life.as_millis()).unwrap_or(u64::MAX);
    let since = world.time.millis().saturating_sub(life);
    let mut recent = world.in_channel(channel).rev().take_while(|message| message.at >= since);
    let same = |one: &Value| one.to_string().trim_matches('"') == nonce.to_string().trim_matches('"');
    let found =
        recent.find(|message| message.author == world.bot && message.nonce.as_ref().is_some_and(same));
    found.map(|message| message.id)
}

/// Refuses where the bot may not write.
pub(super) fn may_write(world: &World, id: Id) -> Result<(), Refusal> {
    let channel = world.channel(id)?;
    if channel.person.is_some_and(|person| world.user(person).closed) {
        return Err(Refusal::CLOSED_DM);
    }
    if !world.access(channel).may_write() {
        return Err(Refusal::MISSING_PERMISSIONS);
    }
    if channel.kind == kind::FORUM {
        return Err(Refusal::NOT_A_TEXT_CHANNEL);
    }
    match &channel.thread {
        Some(thread) if thread.locked => Err(Refusal::ARCHIVED),
        _ => Ok(()),
    }
}

/// Refuses embeds where the bot may not show any.
fn may_embed(world: &World, channel: Id, body: &Value) -> Result<(), Refusal> {
    let embeds = body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty());
    if embeds && world.access(world.channel(channel)?) == Access::NoEmbeds {
        return Err(Refusal::MISSING_PERMISSIONS);
    }
    Ok(())
}

pub(super) fn edit(world: &mut World, request: &Request) -> Answer {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    let message = world.message(channel, id)?;
    if message.author != world.bot {
        return Err(Refusal::NOT_THE_AUTHOR);
    }
    may_embed(world, channel, &request.body)?;
    change(world, channel, id, request)?;
    ok(render::message(world, &world.messages[&(channel, id)]))
}

/// Changes a message of the bot as the body says; what it does not name stays.
pub(super) fn change(world: &mut World, channel: Id, id: Id, request: &Request) -> Result<(), Refusal> {
    let body = &request.body;
    form::check(body)?;
    let added = world.attachments(&request.files, &body["attachments"])?;
    let kept: Option<Vec<Id>> = body["attachments"]
        .as_array()
        .map(|kept| kept.iter().filter_map(|one| form::number(&one["id"]).map(Id)).collect());
    let message = world.messages.get(&(channel, id)).ok_or(Refusal::UNKNOWN_MESSAGE)?;
    if message.flags & flag::VOICE != 0 {
        return Err(Refusal::VOICE_EDITED);
    }
    let fields = [("content", message.content.is_empty()), ("embeds", message.embeds.is_empty())];
    let says_less = fields.iter().all(|(name, was_empty)| match &body[*name] {
        Value::Null => body.get(*name).is_some() || *was_empty,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    });
    let loses_files = kept.as_ref().map_or(message.attachments.is_empty(), Vec::is_empty) && added.is_empty();
    let loses_parts =
        body.get("components").map_or(&message.components[..], |new| new.as_array().map_or(&[], |new| new));
    if says_less && loses_files && loses_parts.is_empty() && message.poll.is_none() {
        return Err(Refusal::EMPTY_MESSAGE);
    }
    world.rewrite(channel, id, |message| {
        if let Some(content) = body.get("content") {
            content.as_str().unwrap_or_default().clone_into(&mut message.content);
        }
        if let Some(embeds) = body.get("embeds") {
            message.embeds = form::embeds(embeds);
        }
        if let Some(components) = body.get("components") {
            message.components = components::numbered(components);
        }
        if let Some(allowed) = body.get("allowed_mentions") {
            message.allowed_mentions = Some(allowed.clone());
        }
        if let Some(kept) = kept {
            message.attachments.retain(|file| kept.contains(&file.id));
        }
        message.attachments.extend(added);
    });
    Ok(())
}

pub(super) fn delete(world: &mut World, request: &Request) -> Answer {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    let message = world.message(channel, id)?;
    let place = world.channel(channel)?;
    if message.author != world.bot && place.person.is_some() {
        return Err(Refusal::NOT_IN_DM);
    }
    if message.author != world.bot && !world.access(place).may_write() {
        return Err(Refusal::MISSING_PERMISSIONS);
    }
    world.remove(channel, id);
    Ok(Reply::Nothing)
}

pub(super) fn delete_many(world: &mut World, request: &Request) -> Answer {
    let channel = request.id("channel")?;
    if world.channel(channel)?.person.is_some() {
        return Err(Refusal::NOT_IN_DM);
    }
    let ids = form::list(&request.body["messages"]);
    if ids.len() < 2 || ids.len() > MOST {
        let message = format!("Must be between 2 and {MOST} in length.");
        return Err(Refusal::field("messages", "BASE_TYPE_BAD_LENGTH", message));
    }
    for id in ids.iter().filter_map(form::number) {
        world.remove(channel, Id(id));
    }
    Ok(Reply::Nothing)
}

pub(super) fn close_poll(world: &mut World, request: &Request) -> Answer {
    let (channel, id) = (request.id("channel")?, request.id("message")?);
    if world.message(channel, id)?.author != world.bot {
        return Err(Refusal::NOT_THE_AUTHOR);
    }
    let now = world.time.millis();
    if let Some(poll) = world.messages.get_mut(&(channel, id)).and_then(|message| message.poll.as_mut()) {
        poll.expiry = now;
    }
    world.tell_message("MESSAGE_UPDATE", channel, id);
    ok(render::message(world, &world.messages[&(channel, id)]))
}
