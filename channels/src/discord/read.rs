//! Turns what the gateway sends into what is journalled. Pure: the same event makes the same [`Inbound`].

use schemas::clock::Millis;
use serde_json::Value;

use super::cursor::Me;
use super::dispatch::Dispatch;
use super::known::Known;
use super::message;
use super::wire;
use crate::inbound::{Chat, Event, Inbound, Sender};

/// Where an event stands in the stream, for those that have no id of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    /// The session's id.
    pub(super) session: &'a str,
    /// The event's number in it.
    pub(super) seq: u64,
    /// The time now, for events that carry none.
    pub(super) now: Millis,
}

impl Origin<'_> {
    /// The platform repeats an event of a session under the same number.
    fn id(&self, kind: &str) -> String {
        format!("{kind}:{}:{}", self.session, self.seq)
    }
}

/// Returns what an event means to a conversation; nothing for what the bot did itself.
pub(super) fn inbound(event: &Dispatch, known: &Known, me: &Me, origin: Origin<'_>) -> Vec<Inbound> {
    match event {
        Dispatch::Created(message) => created(message, known, me).into_iter().collect(),
        Dispatch::Updated(message) => updated(message, known, me, origin).into_iter().collect(),
        Dispatch::Removed(removed) => deleted(removed, known, origin),
        Dispatch::Reacted { reaction, added } => {
            reacted(reaction, *added, known, me, origin).into_iter().collect()
        }
        Dispatch::Voted { vote, given } => voted(vote, *given, known, me, origin).into_iter().collect(),
        Dispatch::Interaction(interaction) => interacted(interaction, known).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Returns a new message, whether it came by the gateway or was fetched.
pub(super) fn created(message: &wire::Message, known: &Known, me: &Me) -> Option<Inbound> {
    let author = message.author.as_ref()?;
    if author.id == me.id || !message::is_spoken(message.kind) {
        return None;
    }
    let chat = known.chat(&message.channel_id, message.guild_id.as_deref());
    let own_role = chat.guild.as_deref().and_then(|guild| known.own_role(guild));
    Some(Inbound {
        id: format!("m:{}", message.id),
        at: time_of(&message.id),
        event: Event::Message(message::read(message, me, own_role)),
        sender: sender(author, message.member.as_ref(), message.webhook_id.is_some()),
        chat,
    })
}

/// A message that only got its link previews has no time of edit.
fn updated(message: &wire::Message, known: &Known, me: &Me, origin: Origin<'_>) -> Option<Inbound> {
    let edited = message.edited_timestamp.as_ref()?;
    let text = message.content.clone()?;
    if message.author.as_ref().is_some_and(|author| author.id == me.id) {
        return None;
    }
    let webhook = message.webhook_id.is_some();
    Some(Inbound {
        id: format!("e:{}:{edited}", message.id),
        at: origin.now,
        chat: known.chat(&message.channel_id, message.guild_id.as_deref()),
        sender: message
            .author
            .as_ref()
            .map_or_else(nobody, |author| sender(author, message.member.as_ref(), webhook)),
        event: Event::Edited { message: message.id.clone(), text },
    })
}

fn deleted(removed: &wire::Removed, known: &Known, origin: Origin<'_>) -> Vec<Inbound> {
    let chat = known.chat(&removed.channel_id, removed.guild_id.as_deref());
    let ids = removed.id.iter().chain(removed.ids.iter().filter(|id| wire::is_id(id)));
    let one = |id: &String| Inbound {
        id: format!("d:{id}"),
        at: origin.now,
        chat: chat.clone(),
        sender: nobody(),
        event: Event::Deleted { message: id.clone() },
    };
    ids.map(one).collect()
}

fn reacted(
    reaction: &wire::Reaction,
    added: bool,
    known: &Known,
    me: &Me,
    origin: Origin<'_>,
) -> Option<Inbound> {
    if reaction.user_id == me.id {
        return None;
    }
    let name = reaction.emoji.name.clone().unwrap_or_default();
    let emoji = match &reaction.emoji.id {
        Some(id) => format!("{name}:{id}"),
        None if name.is_empty() => return None,
        None => name,
    };
    let user = reaction.member.as_ref().and_then(|member| member.user.as_ref());
    let sender = match user.filter(|user| user.id == reaction.user_id) {
        Some(user) => sender(user, reaction.member.as_ref(), false),
        None => unnamed(&reaction.user_id),
    };
    Some(Inbound {
        id: origin.id("r"),
        at: origin.now,
        chat: known.chat(&reaction.channel_id, reaction.guild_id.as_deref()),
        sender,
        event: Event::Reacted { message: reaction.message_id.clone(), emoji, added },
    })
}

fn voted(vote: &wire::Vote, given: bool, known: &Known, me: &Me, origin: Origin<'_>) -> Option<Inbound> {
    if vote.user_id == me.id {
        return None;
    }
    // Discord counts a poll's answers from 1.
    let options = if given { vec![vote.answer_id.checked_sub(1)?] } else { Vec::new() };
    Some(Inbound {
        id: origin.id("v"),
        at: origin.now,
        chat: known.chat(&vote.channel_id, vote.guild_id.as_deref()),
        sender: unnamed(&vote.user_id),
        event: Event::Voted { poll: vote.message_id.clone(), options },
    })
}

/// The kind of an interaction that is a command.
pub(super) const COMMAND: u64 = 2;
/// The kind of an interaction that is a pressed button or a choice in a menu.
pub(super) const COMPONENT: u64 = 3;

fn interacted(interaction: &wire::Interaction, known: &Known) -> Option<Inbound> {
    let member = interaction.member.as_ref();
    let user = interaction.user.as_ref().or_else(|| member.and_then(|member| member.user.as_ref()))?;
    let data = interaction.data.as_ref()?;
    let token = token(interaction);
    let event = match interaction.kind {
        COMMAND => Event::Command { name: data.name.clone(), text: typed(&data.options), token },
        COMPONENT => Event::Pressed {
            message: interaction.message.as_ref()?.id.clone(),
            data: data.custom_id.clone(),
            token,
        },
        _ => return None,
    };
    Some(Inbound {
        id: format!("i:{}", interaction.id),
        at: time_of(&interaction.id),
        chat: place(interaction, known)?,
        sender: sender(user, member, false),
        event,
    })
}

fn place(interaction: &wire::Interaction, known: &Known) -> Option<Chat> {
    let channel =
        interaction.channel.as_ref().map(|channel| &channel.id).or(interaction.channel_id.as_ref())?;
    Some(known.chat(channel, interaction.guild_id.as_deref()))
}

/// Returns what answering an interaction needs: the application and the platform's token.
pub(super) fn token(interaction: &wire::Interaction) -> String {
    format!("{}/{}", interaction.application_id, interaction.token)
}

/// Returns what was typed into a command's options. A single one needs no name.
fn typed(options: &[wire::Choice]) -> String {
    let value = |option: &wire::Choice| match &option.value {
        Value::String(text) => text.clone(),
        Value::Null if option.options.is_empty() => option.name.clone(),
        Value::Null => format!("{} {}", option.name, typed(&option.options)),
        other => other.to_string(),
    };
    match options {
        [only] => value(only),
        several => {
            let named = |option: &wire::Choice| format!("{}: {}", option.name, value(option));
            several.iter().map(named).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Names a sender: within a guild by the nickname, else as they call themselves.
fn sender(user: &wire::User, member: Option<&wire::Member>, webhook: bool) -> Sender {
    let nick = member.and_then(|member| member.nick.clone()).filter(|nick| !nick.is_empty());
    Sender {
        id: user.id.clone(),
        name: nick.unwrap_or_else(|| message::name(user)),
        handle: Some(user.username.clone()).filter(|name| !name.is_empty() && !webhook),
        bot: user.bot || user.system || webhook,
        roles: member.map(|member| member.roles.clone()).unwrap_or_default(),
    }
}

/// Somebody of whom the platform tells the id only.
fn unnamed(id: &str) -> Sender {
    Sender { id: id.to_owned(), name: id.to_owned(), handle: None, bot: false, roles: Vec::new() }
}

/// The platform does not say who removed a message.
fn nobody() -> Sender {
    unnamed("")
}

/// Returns the time that is part of every id of Discord: milliseconds since 2015 in its upper bits.
pub(super) fn time_of(id: &str) -> Millis {
    const EPOCH: Millis = 1_420_070_400_000;
    let since = id.parse::<u64>().unwrap_or_default() >> 22;
    EPOCH + Millis::try_from(since).unwrap_or_default()
}
