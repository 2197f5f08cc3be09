//! What happens to messages, whoever does it: they appear, change, go; and who is told.

use serde_json::{Value, json};

use super::model::{Attachment, Channel, Id, Message, Pings, Poll};
use super::options::intent;
use super::render;
use super::session::Event;
use super::world::World;

/// A message that is about to appear.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) kind: u8,
    pub(super) content: String,
    pub(super) reference: Option<(Id, Id)>,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) flags: u64,
    pub(super) nonce: Option<Value>,
    pub(super) allowed_mentions: Option<Value>,
    pub(super) poll: Option<Poll>,
    pub(super) interaction: Option<Id>,
    pub(super) only_for: Option<Id>,
    /// The id, where it is decided already.
    pub(super) id: Option<Id>,
}

impl World {
    /// Makes a message appear in a channel and tells the bot. Returns its id.
    pub(super) fn post(&mut self, channel: Id, author: Id, draft: Draft) -> Id {
        let id = draft.id.unwrap_or_else(|| self.id());
        let pings = self.pings(channel, &draft.content, draft.reference, draft.allowed_mentions.as_ref());
        let place = self.channels.get_mut(&channel).expect("the channel was looked up");
        place.last = Some(id);
        if let Some(thread) = &mut place.thread {
            thread.archived = false;
            if !thread.members.contains(&author) {
                thread.members.push(author);
            }
        }
        let message = Message {
            id,
            channel,
            guild: place.guild,
            author,
            kind: draft.kind,
            content: draft.content,
            at: self.time.millis(),
            edited: None,
            reference: draft.reference,
            embeds: draft.embeds,
            components: draft.components,
            attachments: draft.attachments,
            reactions: Vec::new(),
            flags: draft.flags,
            nonce: draft.nonce,
            pings,
            allowed_mentions: draft.allowed_mentions,
            poll: draft.poll,
            pinned: None,
            thread: None,
            interaction: draft.interaction,
            only_for: draft.only_for,
            earlier: Vec::new(),
        };
        self.messages.insert((channel, id), message);
        if author == self.bot {
            self.typing.retain(|(place, _)| *place != channel);
        }
        self.tell_message("MESSAGE_CREATE", channel, id);
        id
    }

    /// Changes what a message says and tells the bot.
    pub(super) fn rewrite(&mut self, channel: Id, id: Id, change: impl FnOnce(&mut Message)) {
        let now = self.time.millis();
        let Some(message) = self.messages.get_mut(&(channel, id)) else { return };
        let before = message.content.clone();
        change(message);
        message.edited = Some(now);
        if message.content != before {
            message.earlier.push(before);
        }
        let (content, reference) = (message.content.clone(), message.reference);
        let allowed = message.allowed_mentions.clone();
        let pings = self.pings(channel, &content, reference, allowed.as_ref());
        if let Some(message) = self.messages.get_mut(&(channel, id)) {
            message.pings = pings;
        }
        self.tell_message("MESSAGE_UPDATE", channel, id);
    }

    /// Tells the bot of a message as it is now. One that only a person sees is not told.
    pub(super) fn tell_message(&mut self, name: &'static str, channel: Id, id: Id) {
        let Some(message) = self.messages.get(&(channel, id)) else { return };
        if message.only_for.is_some() || !self.visible(channel) {
            return;
        }
        let hides = self.hides(message);
        let data = render::event_message(self, message);
        let needs = if message.guild.is_some() { intent::GUILD_MESSAGES } else { intent::DIRECT_MESSAGES };
        self.dispatch(&Event { name, needs, data, hides });
    }

    /// Removes a message and tells the bot.
    pub(super) fn remove(&mut self, channel: Id, id: Id) {
        let Some(message) = self.messages.remove(&(channel, id)) else { return };
        let place = self.channels.get_mut(&channel);
        if let Some(place) = place.filter(|place| place.last == Some(id)) {
            place.last = None;
        }
        if message.only_for.is_some() {
            return;
        }
        let data = with_guild(json!({"id": id, "channel_id": channel}), message.guild);
        self.tell(channel, "MESSAGE_DELETE", (intent::GUILD_MESSAGES, intent::DIRECT_MESSAGES), data);
    }

    /// Adds or takes away an emoji and tells the bot.
    pub(super) fn react(&mut self, channel: Id, id: Id, user: Id, emoji: &str, add: bool) {
        let Some(message) = self.messages.get_mut(&(channel, id)) else { return };
        let (author, guild) = (message.author, message.guild);
        let changed = if add {
            Self::add_reaction(message, emoji, user)
        } else {
            Self::remove_reaction(message, emoji, user)
        };
        if !changed {
            return;
        }
        let mut data = with_guild(
            json!({
                "user_id": user, "channel_id": channel, "message_id": id,
                "emoji": render::emoji(emoji), "burst": false, "type": 0,
            }),
            guild,
        );
        if add {
            data["message_author_id"] = json!(author);
            if let Some(guild) = guild {
                data["member"] = render::member(self, guild, user, true);
            }
        }
        let name = if add { "MESSAGE_REACTION_ADD" } else { "MESSAGE_REACTION_REMOVE" };
        self.tell(channel, name, (intent::GUILD_REACTIONS, intent::DIRECT_REACTIONS), data);
    }

    /// Tells the bot of something in a channel: the first intent in a server, the second in a direct conversation.
    pub(super) fn tell(&mut self, channel: Id, name: &'static str, needs: (u64, u64), data: Value) {
        if !self.visible(channel) {
            return;
        }
        let in_guild = self.channels.get(&channel).is_some_and(|channel| channel.guild.is_some());
        let needs = if in_guild { needs.0 } else { needs.1 };
        self.dispatch(&Event { name, needs, data, hides: false });
    }

    fn visible(&self, channel: Id) -> bool {
        self.channels.get(&channel).is_none_or(|channel| self.access(channel) != super::Access::Nothing)
    }

    /// Returns whether a message keeps to itself what it says, unless the intent was asked for.
    pub(super) fn hides(&self, message: &Message) -> bool {
        message.guild.is_some() && message.author != self.bot && !message.pings.users.contains(&self.bot)
    }

    /// Works out whom a text tells.
    fn pings(&self, channel: Id, text: &str, reference: Option<(Id, Id)>, allowed: Option<&Value>) -> Pings {
        let in_guild = self.channels.get(&channel).is_some_and(|channel| channel.guild.is_some());
        let lets = |what: &str| allowed.is_none_or(|allowed| holds(&allowed["parse"], what));
        let names =
            |what: &str, id: Id| allowed.is_some_and(|allowed| holds(&allowed[what], &id.to_string()));
        let mut pings = Pings {
            everyone: in_guild && lets("everyone") && (text.contains("@everyone") || text.contains("@here")),
            ..Pings::default()
        };
        for id in mentioned(text, "<@").into_iter().chain(mentioned(text, "<@!")) {
            if self.users.contains_key(&id)
                && (lets("users") || names("users", id))
                && !pings.users.contains(&id)
            {
                pings.users.push(id);
            }
        }
        for id in mentioned(text, "<@&") {
            if (lets("roles") || names("roles", id)) && !pings.roles.contains(&id) {
                pings.roles.push(id);
            }
        }
        let tells_quoted = allowed.is_none_or(|allowed| allowed["replied_user"] == json!(true));
        let quoted = reference.filter(|_| tells_quoted).and_then(|at| self.messages.get(&at));
        if let Some(quoted) = quoted.filter(|quoted| !pings.users.contains(&quoted.author)) {
            pings.users.push(quoted.author);
        }
        pings
    }

    /// Tells the bot of a channel or thread.
    pub(super) fn tell_channel(&mut self, name: &'static str, channel: &Channel) {
        let mut data = render::channel(self, channel);
        if name == "THREAD_CREATE" {
            data["newly_created"] = json!(true);
        }
        self.tell(channel.id, name, (intent::GUILDS, 0), data);
    }
}

/// Adds the server's id, where there is one.
pub(super) fn with_guild(mut data: Value, guild: Option<Id>) -> Value {
    if let Some(guild) = guild {
        data["guild_id"] = json!(guild);
    }
    data
}

fn holds(list: &Value, wanted: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|one| one == wanted))
}

/// Returns the ids of mentions that open like this and close with `>`.
fn mentioned(text: &str, opening: &str) -> Vec<Id> {
    let ids = text.split(opening).skip(1);
    ids.filter_map(|rest| rest.split_once('>')?.0.parse().ok()).collect()
}
