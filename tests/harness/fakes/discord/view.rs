//! What a test reads: messages as people see them, what was received, how fast the bot answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::FakeDiscord;
use super::model::{Id, Message, flag};
use super::render;
use super::transcript::{Call, Latency, Received, Seen, SeenFile};
use super::world::World;

/// How long a sign that somebody writes is shown.
const TYPING: Duration = Duration::from_secs(10);

impl FakeDiscord {
    /// Returns everything that was received, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.look(|world| world.transcript.list.clone())
    }

    /// Returns the REST calls that were received, in order.
    pub fn calls(&self) -> Vec<Call> {
        let calls = self.received().into_iter();
        calls.filter_map(|one| if let Received::Rest(call) = one { Some(call) } else { None }).collect()
    }

    /// Returns the opcodes and data of the frames that were received on the gateway, in order.
    pub fn frames(&self) -> Vec<(u64, Value)> {
        let frames = self.received().into_iter();
        frames
            .filter_map(|one| {
                if let Received::Frame { op: Some(op), data, .. } = one { Some((op, data)) } else { None }
            })
            .collect()
    }

    /// Returns the time since the platform started, as [`Received`] counts it.
    pub fn now(&self) -> Duration {
        self.shared.look(World::now)
    }

    /// Forgets what was received, so that a long run does not grow.
    pub fn forget_received(&self) {
        self.shared.change(|world| world.transcript.forget());
    }

    /// Returns the messages of a channel as people see them now, oldest first.
    pub fn messages(&self, channel: Id) -> Vec<Seen> {
        self.shared.look(|world| world.in_channel(channel).map(|message| seen(world, message)).collect())
    }

    /// Returns what the messages of a channel say now, oldest first.
    pub fn texts(&self, channel: Id) -> Vec<String> {
        self.shared.look(|world| world.in_channel(channel).map(|message| message.content.clone()).collect())
    }

    /// Returns what the bot says in a channel, oldest first; "thinking…" is not among it.
    pub fn answers(&self, channel: Id) -> Vec<Seen> {
        self.messages(channel).into_iter().filter(|seen| seen.from_bot && !seen.thinking).collect()
    }

    /// Returns a message as people see it now, if it is still there.
    pub fn message(&self, id: Id) -> Option<Seen> {
        self.shared.look(|world| world.anywhere(id).map(|message| seen(world, message)))
    }

    /// Returns the channels and threads by name.
    pub fn channels(&self) -> Vec<(Id, String)> {
        self.shared.look(|world| world.channels.values().map(|one| (one.id, one.name.clone())).collect())
    }

    /// Returns whether the bot shows in a channel that it writes.
    pub fn is_typing(&self, channel: Id) -> bool {
        self.shared.look(|world| {
            world.typing.iter().any(|(place, since)| *place == channel && world.now() < *since + TYPING)
        })
    }

    /// Returns the names of the commands that the bot offers everywhere (none) or in a server.
    pub fn commands(&self, guild: Option<Id>) -> Vec<String> {
        self.shared.look(|world| {
            let list = world.commands.get(&guild).into_iter().flatten();
            list.filter_map(|command| command["name"].as_str().map(str::to_owned)).collect()
        })
    }

    /// Returns how long the bot took for the first answer to each interaction.
    pub fn interaction_latencies(&self) -> Vec<Latency> {
        self.shared.look(|world| {
            let latency = |one: &super::model::Interaction| Latency {
                id: one.id,
                name: one.name.clone(),
                callback: one.answered.map(|(callback, _)| callback),
                latency: one.answered.map(|(_, at)| at.saturating_sub(one.at)),
            };
            world.interactions.values().map(latency).collect()
        })
    }

    /// Returns what a first answer without a message carried: choices, a dialogue.
    pub fn callback_data(&self, interaction: Id) -> Option<Value> {
        self.shared.look(|world| world.interactions.get(&interaction)?.said.clone())
    }

    /// Returns the message that shows the answer to an interaction.
    pub fn response(&self, interaction: Id) -> Option<Seen> {
        let id = self.shared.look(|world| world.interactions.get(&interaction)?.response)?;
        self.message(id)
    }

    /// Returns how often each fault was injected.
    pub fn injected(&self) -> BTreeMap<String, u64> {
        self.shared.look(|world| world.faults.injected())
    }

    /// Returns whether a client is there that hears of direct messages.
    pub fn is_connected(&self) -> bool {
        self.shared.look(World::hears_direct)
    }

    /// Returns how many sessions there are, and how many of them have a connection.
    pub fn sessions(&self) -> (usize, usize) {
        self.shared.look(|world| {
            let list = &world.sessions.list;
            (list.len(), list.values().filter(|session| session.connection.is_some()).count())
        })
    }
}

fn seen(world: &World, message: &Message) -> Seen {
    let user = world.user(message.author);
    let everyone = message.pings.everyone.then(|| "everyone".to_owned());
    let told = message.pings.users.iter().chain(&message.pings.roles).map(ToString::to_string);
    let file = |file: &super::model::Attachment| SeenFile {
        name: file.name.clone(),
        mime: file.mime.clone(),
        more: file.more.clone(),
        bytes: file.bytes.clone(),
    };
    Seen {
        id: message.id,
        author: message.author,
        name: user.name.clone(),
        from_bot: message.author == world.bot,
        kind: message.kind,
        text: message.content.clone(),
        earlier: message.earlier.clone(),
        reply_to: message.reference.map(|(_, id)| id),
        files: message.attachments.iter().map(file).collect(),
        embeds: message.embeds.clone(),
        components: message.components.clone(),
        reactions: message.reactions.iter().map(|one| (one.emoji.clone(), one.users.clone())).collect(),
        poll: message.poll.as_ref().map(|poll| render::poll(world, poll)),
        pinned: message.pinned.is_some(),
        flags: message.flags,
        thinking: message.flags & flag::LOADING != 0,
        only_for: message.only_for,
        pings: everyone.into_iter().chain(told).collect(),
        allowed_mentions: message.allowed_mentions.clone(),
        nonce: message.nonce.clone(),
    }
}
