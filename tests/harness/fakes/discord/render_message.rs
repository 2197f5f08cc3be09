//! How messages look in JSON.

use serde_json::{Value, json};

use super::model::{Attachment, Id, Message, Poll, Reaction};
use super::render;
use super::world::World;

/// A message as REST tells of it.
pub(super) fn message(world: &World, message: &Message) -> Value {
    let mut value = plain(world, message);
    if let Some((channel, quoted)) = message.reference {
        let mut reference = json!({"type": 0, "channel_id": channel, "message_id": quoted});
        if let Some(guild) = message.guild {
            reference["guild_id"] = json!(guild);
        }
        value["message_reference"] = reference;
        // A thread's first message and an answer show what they refer to; so does nothing else.
        if matches!(message.kind, 19 | 21) {
            let quoted = world.messages.get(&(channel, quoted));
            value["referenced_message"] = quoted.map_or(Value::Null, |quoted| plain(world, quoted));
        }
    }
    value
}

/// A message as an event tells of it: with the server and the author as its member.
pub(super) fn event_message(world: &World, one: &Message) -> Value {
    let mut value = message(world, one);
    if let Some(guild) = one.guild {
        value["guild_id"] = json!(guild);
        value["member"] = render::member(world, guild, one.author, false);
    }
    value["channel_type"] = json!(world.channels.get(&one.channel).map(|channel| channel.kind));
    value
}

/// A message without what it refers to.
fn plain(world: &World, message: &Message) -> Value {
    let mentions: Vec<Value> =
        message.pings.users.iter().map(|user| mention(world, message.guild, *user)).collect();
    let mut value = json!({
        "id": message.id,
        "type": message.kind,
        "channel_id": message.channel,
        "author": render::user(world, message.author),
        "content": message.content,
        "timestamp": render::time(message.at),
        "edited_timestamp": message.edited.map(render::time),
        "tts": false,
        "mention_everyone": message.pings.everyone,
        "mentions": mentions,
        "mention_roles": message.pings.roles,
        "attachments": message.attachments.iter().map(|file| attachment(world, message, file)).collect::<Vec<_>>(),
        "embeds": message.embeds,
        "components": message.components,
        "pinned": message.pinned.is_some(),
        "flags": message.flags,
    });
    if !message.reactions.is_empty() {
        value["reactions"] = message.reactions.iter().map(|one| reaction(world, one)).collect();
    }
    if let Some(nonce) = &message.nonce {
        value["nonce"] = nonce.clone();
    }
    if let Some(one) = &message.poll {
        value["poll"] = poll(world, one);
    }
    if let Some(thread) = message.thread.and_then(|thread| world.channels.get(&thread)) {
        value["thread"] = render::channel(world, thread);
    }
    add_interaction(world, message, &mut value);
    value
}

fn add_interaction(world: &World, message: &Message, value: &mut Value) {
    let Some(interaction) = message.interaction.and_then(|id| world.interactions.get(&id)) else { return };
    value["application_id"] = json!(world.bot);
    value["webhook_id"] = json!(world.bot);
    value["interaction_metadata"] = json!({
        "id": interaction.id,
        "type": interaction.kind,
        "user": render::user(world, interaction.user),
        "authorizing_integration_owners": owners(message.guild),
    });
    if interaction.kind == 2 {
        value["interaction_metadata"]["name"] = json!(interaction.name);
        value["interaction_metadata"]["command_type"] = json!(1);
        value["interaction"] = json!({
            "id": interaction.id,
            "type": 2,
            "name": interaction.name,
            "user": render::user(world, interaction.user),
        });
    } else if let Some(pressed) = interaction.message {
        value["interaction_metadata"]["interacted_message_id"] = json!(pressed);
    }
}

/// Says for whom the bot was installed: the server, or `0` for direct messages.
pub(super) fn owners(guild: Option<Id>) -> Value {
    json!({"0": guild.map_or_else(|| "0".to_owned(), |guild| guild.to_string())})
}

fn mention(world: &World, guild: Option<Id>, id: Id) -> Value {
    let mut user = render::user(world, id);
    if let Some(guild) = guild {
        user["member"] = render::member(world, guild, id, false);
    }
    user
}

/// A file of a message, with the address that it can be fetched from.
fn attachment(world: &World, message: &Message, file: &Attachment) -> Value {
    let expires = (world.time.millis() / 1000) + 24 * 3600;
    let path = format!("attachments/{}/{}/{}", message.channel, file.id, file.name);
    let query = format!("ex={expires:x}&is={:x}&hm={:x}&", expires - 24 * 3600, signature(file.id, expires));
    let mut value = json!({
        "id": file.id,
        "filename": file.name,
        "size": file.bytes.len(),
        "url": format!("{}/{path}?{query}", world.root),
        "proxy_url": format!("{}/proxy/{path}?{query}", world.root),
        "content_type": file.mime,
    });
    if message.only_for.is_some() {
        value["ephemeral"] = json!(true);
    }
    for (name, more) in &file.more {
        value[name] = more.clone();
    }
    value
}

/// Returns what `hm` of an address has to be: without it the address does not work, nor after its time.
pub(super) fn signature(file: Id, expires: u64) -> u64 {
    file.0.rotate_left(17).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ expires.wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

fn reaction(world: &World, one: &Reaction) -> Value {
    json!({
        "emoji": emoji(&one.emoji),
        "count": one.users.len(),
        "count_details": {"burst": 0, "normal": one.users.len()},
        "burst_colors": [],
        "me": one.users.contains(&world.bot),
        "me_burst": false,
        "burst_me": false,
        "burst_count": 0,
    })
}

/// An emoji: itself, or `name:id`.
pub(super) fn emoji(text: &str) -> Value {
    match text.split_once(':') {
        Some((name, id)) => json!({"id": id, "name": name}),
        None => json!({"id": null, "name": text}),
    }
}

/// A poll with its votes.
pub(super) fn poll(world: &World, poll: &Poll) -> Value {
    let answers: Vec<Value> =
        (1..).zip(&poll.answers).map(|(id, answer)| json!({"answer_id": id, "poll_media": answer})).collect();
    let count = |id: u64| {
        let of_answer: Vec<_> = poll.votes.iter().filter(|(_, answer)| *answer == id).collect();
        let me = of_answer.iter().any(|(user, _)| *user == world.bot);
        json!({"id": id, "count": of_answer.len(), "me_voted": me})
    };
    let counts: Vec<Value> = (1..).zip(&poll.answers).map(|(id, _)| count(id)).collect();
    json!({
        "question": poll.question,
        "answers": answers,
        "expiry": render::time(poll.expiry),
        "allow_multiselect": poll.multiple,
        "layout_type": 1,
        "results": {"is_finalized": world.time.millis() >= poll.expiry, "answer_counts": counts},
    })
}
