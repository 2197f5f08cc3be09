//! Channels themselves, and the sign that somebody writes.

use serde_json::json;

use super::super::form::Problems;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request, ok};
use super::super::world::World;
use super::messages;

pub(super) fn get(world: &mut World, request: &Request) -> Answer {
    let channel = world.channel(request.id("channel")?)?;
    ok(render::channel(world, channel))
}

pub(super) fn change(world: &mut World, request: &Request) -> Answer {
    let id = request.id("channel")?;
    if world.channel(id)?.person.is_some() {
        return Err(Refusal::NOT_IN_DM);
    }
    let name = request.text("name").map(str::to_owned);
    if name.is_some() {
        let mut problems = Problems::default();
        problems.length("name", &request.body["name"], 1, 100);
        problems.end()?;
    }
    let channel = world.channels.get_mut(&id).ok_or(Refusal::UNKNOWN_CHANNEL)?;
    if let Some(name) = name {
        channel.name = name;
    }
    if let Some(topic) = request.text("topic") {
        channel.topic = Some(topic.to_owned());
    }
    if let Some(thread) = &mut channel.thread {
        thread.archived = request.body["archived"].as_bool().unwrap_or(thread.archived);
        thread.locked = request.body["locked"].as_bool().unwrap_or(thread.locked);
        thread.archive_after = request.body["auto_archive_duration"].as_u64().unwrap_or(thread.archive_after);
    }
    let channel = channel.clone();
    world.tell_channel(if channel.is_thread() { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" }, &channel);
    ok(render::channel(world, &channel))
}

pub(super) fn delete(world: &mut World, request: &Request) -> Answer {
    let channel = world.channel(request.id("channel")?)?.clone();
    let value = render::channel(world, &channel);
    // A direct conversation is only closed: it opens again with the next message.
    if channel.person.is_none() {
        world.tell_channel(if channel.is_thread() { "THREAD_DELETE" } else { "CHANNEL_DELETE" }, &channel);
        world.channels.retain(|id, other| *id != channel.id && other.parent != Some(channel.id));
    }
    ok(value)
}

pub(super) fn typing(world: &mut World, request: &Request) -> Answer {
    let id = request.id("channel")?;
    messages::may_write(world, id)?;
    let now = world.now();
    world.typing.retain(|(channel, _)| *channel != id);
    world.typing.push((id, now));
    let bot = world.bot;
    world.tell_typing(id, bot);
    Ok(Reply::Nothing)
}

impl World {
    /// Tells the bot that somebody writes; of itself it hears too.
    pub(in super::super) fn tell_typing(&mut self, channel: super::super::Id, user: super::super::Id) {
        use super::super::options::intent;
        let guild = self.channels.get(&channel).and_then(|channel| channel.guild);
        let mut data =
            json!({"channel_id": channel, "user_id": user, "timestamp": self.time.millis() / 1000});
        if let Some(guild) = guild {
            data["guild_id"] = json!(guild);
            data["member"] = render::member(self, guild, user, true);
        }
        self.tell(channel, "TYPING_START", (intent::GUILD_TYPING, intent::DIRECT_TYPING), data);
    }
}
