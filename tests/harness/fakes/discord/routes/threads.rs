//! Threads and posts of forums.

use super::super::form::{self, Problems};
use super::super::messages::Draft;
use super::super::model::{Channel, Id, Thread, flag, kind};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request};
use super::super::world::{World, plain_channel};

pub(super) fn from_message(world: &mut World, request: &Request) -> Answer {
    let (parent, id) = (request.id("channel")?, request.id("message")?);
    let message = world.message(parent, id)?;
    if message.thread.is_some() {
        return Err(Refusal::THREAD_EXISTS);
    }
    let name = check(world, parent, request)?;
    let bot = world.bot;
    world.open_thread(parent, Some(id), bot, &name, kind::PUBLIC_THREAD);
    let thread = world.channels.get_mut(&id).ok_or(Refusal::UNKNOWN_CHANNEL)?;
    set_archive(thread, request);
    created(world, id)
}

pub(super) fn create(world: &mut World, request: &Request) -> Answer {
    let parent = request.id("channel")?;
    let forum = world.channel(parent)?.kind == kind::FORUM;
    let name = check(world, parent, request)?;
    let bot = world.bot;
    if !forum {
        let wanted = request.body["type"].as_u64();
        let kind = if wanted == Some(11) { kind::PUBLIC_THREAD } else { kind::PRIVATE_THREAD };
        let id = world.open_thread(parent, None, bot, &name, kind);
        if let Some(thread) = world.channels.get_mut(&id) {
            set_archive(thread, request);
        }
        return created(world, id);
    }
    let message = &request.body["message"];
    if !message.is_object() {
        return Err(Refusal::field("message", "BASE_TYPE_REQUIRED", "This field is required"));
    }
    form::check(message)?;
    let draft = world.draft(parent, request, message)?;
    let id = world.open_post(parent, bot, &name, draft);
    let mut value = render::channel(world, &world.channels[&id]);
    value["message"] = render::message(world, &world.messages[&(id, id)]);
    Ok(Reply::Json(201, value))
}

#[expect(clippy::unnecessary_wraps, reason = "it is what handlers end with")]
fn created(world: &World, id: Id) -> Answer {
    Ok(Reply::Json(201, render::channel(world, &world.channels[&id])))
}

fn check(world: &World, parent: Id, request: &Request) -> Result<String, Refusal> {
    let channel = world.channel(parent)?;
    if channel.person.is_some() || channel.is_thread() {
        return Err(Refusal::WRONG_CHANNEL_TYPE);
    }
    if !world.access(channel).may_write() {
        return Err(Refusal::MISSING_PERMISSIONS);
    }
    let mut problems = Problems::default();
    problems.length("name", &request.body["name"], 1, 100);
    let minutes = &request.body["auto_archive_duration"];
    if !minutes.is_null() && !matches!(minutes.as_u64(), Some(60 | 1440 | 4320 | 10080)) {
        let message = "Value must be one of (60, 1440, 4320, 10080).";
        problems.add("auto_archive_duration", "BASE_TYPE_CHOICES", message);
    }
    problems.end()?;
    Ok(request.text("name").unwrap_or_default().to_owned())
}

fn set_archive(channel: &mut Channel, request: &Request) {
    if let (Some(thread), Some(minutes)) =
        (&mut channel.thread, request.body["auto_archive_duration"].as_u64())
    {
        thread.archive_after = minutes;
    }
}

pub(super) fn join(world: &mut World, request: &Request) -> Answer {
    member(world, request, true)
}

pub(super) fn leave(world: &mut World, request: &Request) -> Answer {
    member(world, request, false)
}

fn member(world: &mut World, request: &Request, inside: bool) -> Answer {
    let id = request.id("channel")?;
    world.channel(id)?;
    let bot = world.bot;
    let thread = world.channels.get_mut(&id).and_then(|channel| channel.thread.as_mut());
    let thread = thread.ok_or(Refusal::WRONG_CHANNEL_TYPE)?;
    thread.members.retain(|user| *user != bot);
    if inside {
        thread.members.push(bot);
    }
    Ok(Reply::Nothing)
}

impl World {
    /// Opens a thread under a channel, at a message or by itself. Returns its id.
    pub(in super::super) fn open_thread(
        &mut self,
        parent: Id,
        message: Option<Id>,
        owner: Id,
        name: &str,
        kind: u8,
    ) -> Id {
        let id = message.unwrap_or_else(|| self.id());
        self.add_thread(id, parent, owner, name, kind);
        if let Some(message) = message {
            if let Some(start) = self.messages.get_mut(&(parent, message)) {
                start.thread = Some(id);
                start.flags |= flag::HAS_THREAD;
            }
            self.tell_message("MESSAGE_UPDATE", parent, message);
            self.post(id, owner, Draft { kind: 21, reference: Some((parent, message)), ..Draft::default() });
        } else if kind == kind::PUBLIC_THREAD {
            self.post(parent, owner, Draft { kind: 18, content: name.to_owned(), ..Draft::default() });
        }
        id
    }

    /// Opens a post of a forum: a thread whose first message has the thread's id. Returns that id.
    pub(in super::super) fn open_post(&mut self, forum: Id, owner: Id, name: &str, draft: Draft) -> Id {
        let id = self.id();
        self.add_thread(id, forum, owner, name, kind::PUBLIC_THREAD);
        self.post(id, owner, Draft { id: Some(id), ..draft })
    }

    fn add_thread(&mut self, id: Id, parent: Id, owner: Id, name: &str, kind: u8) {
        let guild = self.channels.get(&parent).and_then(|parent| parent.guild);
        let mut channel = plain_channel(id, kind, guild, name.to_owned());
        channel.parent = Some(parent);
        channel.thread = Some(Thread {
            owner,
            archived: false,
            locked: false,
            archive_after: 4320,
            created: self.time.millis(),
            members: if owner == self.bot { vec![owner] } else { vec![owner, self.bot] },
        });
        self.channels.insert(id, channel.clone());
        self.tell_channel("THREAD_CREATE", &channel);
    }
}
