//! What people do: write, change, react, call commands, press buttons.

use serde_json::{Value, json};

use super::FakeDiscord;
use super::components;
use super::content::Content;
use super::messages::{Draft, with_guild};
use super::model::{Attachment, Guild, Id, Member, Role, kind};
use super::options::intent;
use super::session::Event;
use super::world::{World, plain_channel};
use super::{Access, render};

/// Who is there, and where they write.
impl FakeDiscord {
    /// Adds a person. They are in every server.
    pub fn person(&self, name: &str) -> Id {
        self.shared.change(|world| {
            let id = world.add_user(name, false);
            let joined = world.time.millis();
            for guild in world.guilds.values_mut() {
                guild.members.push(Member { user: id, nick: None, roles: Vec::new(), joined });
            }
            id
        })
    }

    /// Adds another bot.
    pub fn other_bot(&self, name: &str) -> Id {
        let id = self.person(name);
        self.shared.change(|world| {
            if let Some(user) = world.users.get_mut(&id) {
                user.bot = true;
            }
        });
        id
    }

    /// Returns the direct conversation with a person.
    pub fn dm(&self, person: Id) -> Id {
        self.shared.change(|world| world.direct(person))
    }

    /// Lets a person refuse direct messages of the bot (error 50007), or take them again.
    pub fn close_dm(&self, person: Id, closed: bool) {
        self.shared.change(|world| {
            if let Some(user) = world.users.get_mut(&person) {
                user.closed = closed;
            }
        });
    }

    /// Adds a server with the bot and all people in it; its first role is `@everyone`.
    pub fn guild(&self, name: &str) -> Id {
        self.shared.change(|world| {
            let id = world.id();
            let joined = world.time.millis();
            let everyone = Role { id, name: "@everyone".to_owned(), mentionable: false };
            let member = |user: &Id| Member { user: *user, nick: None, roles: Vec::new(), joined };
            let members: Vec<Member> = world.users.keys().map(member).collect();
            let owner = world.users.values().find(|user| !user.bot).map_or(world.bot, |user| user.id);
            let guild = Guild { id, name: name.to_owned(), owner, roles: vec![everyone], members };
            world.guilds.insert(id, guild);
            let data = render::guild(world, id);
            world.dispatch(&Event { name: "GUILD_CREATE", needs: intent::GUILDS, data, hides: false });
            id
        })
    }

    /// Adds a role to a server.
    pub fn role(&self, guild: Id, name: &str) -> Id {
        self.shared.change(|world| {
            let id = world.id();
            let guild = world.guilds.get_mut(&guild).expect("the server exists");
            guild.roles.push(Role { id, name: name.to_owned(), mentionable: true });
            id
        })
    }

    /// Gives a person a role.
    pub fn give_role(&self, guild: Id, person: Id, role: Id) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&guild).expect("the server exists");
            let member = guild.members.iter_mut().find(|member| member.user == person);
            member.expect("they are in it").roles.push(role);
        });
    }

    /// Names a person otherwise in a server.
    pub fn nick(&self, guild: Id, person: Id, nick: &str) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&guild).expect("the server exists");
            let member = guild.members.iter_mut().find(|member| member.user == person);
            member.expect("they are in it").nick = Some(nick.to_owned());
        });
    }

    /// Adds a text channel to a server.
    pub fn channel(&self, guild: Id, name: &str) -> Id {
        self.place(guild, name, kind::TEXT)
    }

    /// Adds a forum to a server.
    pub fn forum(&self, guild: Id, name: &str) -> Id {
        self.place(guild, name, kind::FORUM)
    }

    fn place(&self, guild: Id, name: &str, kind: u8) -> Id {
        self.shared.change(|world| {
            let id = world.id();
            let channel = plain_channel(id, kind, Some(guild), name.to_owned());
            world.channels.insert(id, channel.clone());
            world.tell_channel("CHANNEL_CREATE", &channel);
            id
        })
    }

    /// Says what the bot may do in a channel.
    pub fn allow(&self, channel: Id, access: Access) {
        self.shared.change(|world| {
            world.channels.get_mut(&channel).expect("the channel exists").access = access;
        });
    }

    /// Opens a thread: at a message, or by itself.
    pub fn thread(&self, channel: Id, owner: Id, name: &str, message: Option<Id>) -> Id {
        self.shared.change(|world| world.open_thread(channel, message, owner, name, kind::PUBLIC_THREAD))
    }

    /// Writes a post into a forum. Returns the thread's id, which is its first message's too.
    pub fn post(&self, forum: Id, owner: Id, title: &str, content: impl Into<Content>) -> Id {
        let content = content.into();
        self.shared.change(|world| {
            let draft = draft(world, forum, content);
            world.open_post(forum, owner, title, draft)
        })
    }

    /// Puts a thread away, or locks it too.
    pub fn archive(&self, thread: Id, locked: bool) {
        self.shared.change(|world| {
            let channel = world.channels.get_mut(&thread).expect("the thread exists");
            let state = channel.thread.as_mut().expect("it is a thread");
            (state.archived, state.locked) = (true, locked);
            let channel = channel.clone();
            world.tell_channel("THREAD_UPDATE", &channel);
        });
    }
}

/// What they do.
impl FakeDiscord {
    /// Writes a message. Returns its id.
    pub fn say(&self, channel: Id, person: Id, content: impl Into<Content>) -> Id {
        let content = content.into();
        self.shared.change(|world| {
            let draft = draft(world, channel, content);
            world.post(channel, person, draft)
        })
    }

    /// Changes what a message says.
    pub fn edit(&self, message: Id, text: &str) {
        self.shared.change(|world| {
            let channel = place(world, message);
            world.rewrite(channel, message, |message| text.clone_into(&mut message.content));
        });
    }

    /// Removes a message.
    pub fn delete(&self, message: Id) {
        self.shared.change(|world| {
            let channel = place(world, message);
            world.remove(channel, message);
        });
    }

    /// Adds an emoji to a message.
    pub fn react(&self, message: Id, person: Id, emoji: &str) {
        self.shared.change(|world| world.react(place(world, message), message, person, emoji, true));
    }

    /// Takes an emoji away from a message.
    pub fn unreact(&self, message: Id, person: Id, emoji: &str) {
        self.shared.change(|world| world.react(place(world, message), message, person, emoji, false));
    }

    /// Begins to write.
    pub fn types(&self, channel: Id, person: Id) {
        self.shared.change(|world| world.tell_typing(channel, person));
    }

    /// Chooses an answer of a poll, from 1.
    pub fn vote(&self, message: Id, person: Id, answer: u64) {
        self.shared.change(|world| {
            let channel = place(world, message);
            let found = world.messages.get_mut(&(channel, message)).expect("the message exists");
            let guild = found.guild;
            found.poll.as_mut().expect("it has a poll").votes.push((person, answer));
            let data = json!({
                "user_id": person, "channel_id": channel, "message_id": message, "answer_id": answer,
            });
            let needs = (intent::GUILD_POLLS, intent::DIRECT_POLLS);
            world.tell(channel, "MESSAGE_POLL_VOTE_ADD", needs, with_guild(data, guild));
        });
    }

    /// Calls a command that the bot offers, with options by name. Returns the interaction's id.
    ///
    /// Panics when the bot does not offer it there, or not with these options: a person could not call it.
    pub fn slash(&self, person: Id, channel: Id, name: &str, options: &[(&str, Value)]) -> Id {
        self.shared.change(|world| world.slash(person, channel, name, options))
    }

    /// Presses a button. Returns the interaction's id.
    ///
    /// Panics when the message has no such button or it is greyed out: a person could not press it.
    pub fn press(&self, person: Id, message: Id, custom_id: &str) -> Id {
        self.shared.change(|world| world.press(person, message, custom_id, None))
    }

    /// Chooses from a menu. Returns the interaction's id.
    pub fn choose(&self, person: Id, message: Id, custom_id: &str, values: &[&str]) -> Id {
        self.shared.change(|world| world.press(person, message, custom_id, Some(values)))
    }
}

fn place(world: &World, message: Id) -> Id {
    world.anywhere(message).unwrap_or_else(|| panic!("there is no message {message}")).channel
}

fn draft(world: &mut World, channel: Id, content: Content) -> Draft {
    let attachments = content.files.into_iter().map(|(name, mime, bytes)| Attachment {
        id: world.id(),
        name,
        mime,
        bytes,
        more: serde_json::Map::new(),
    });
    Draft {
        kind: if content.reply_to.is_some() { 19 } else { 0 },
        content: content.text,
        reference: content.reply_to.map(|message| (channel, message)),
        attachments: attachments.collect(),
        allowed_mentions: content
            .silent_reply
            .then(|| json!({"parse": ["users", "roles", "everyone"], "replied_user": false})),
        ..Draft::default()
    }
}

/// Returns the part of a message that can be pressed.
pub(super) fn pressable<'a>(rows: &'a [Value], custom_id: &str) -> Option<&'a Value> {
    let mut parts = components::parts(rows).into_iter();
    parts.find(|part| part["custom_id"] == custom_id && part["disabled"] != true)
}
