//! What a gateway event says, and where it happened.

use super::wire;

/// An event of the gateway, as far as it is used.
#[derive(Debug)]
pub(super) enum Dispatch {
    Ready(wire::Ready),
    Resumed,
    Guild(wire::Guild),
    Channel(wire::Channel),
    ChannelGone(wire::Named),
    Threads(wire::Threads),
    Created(Box<wire::Message>),
    Updated(Box<wire::Message>),
    Removed(wire::Removed),
    Reacted { reaction: wire::Reaction, added: bool },
    Voted { vote: wire::Vote, given: bool },
    Interaction(Box<wire::Interaction>),
    Other,
}

impl Dispatch {
    /// Says whether an event of this name is used at all.
    pub(super) fn used(name: &str) -> bool {
        USED.contains(&name)
    }

    /// Reads an event.
    pub(super) fn parse(name: &str, data: &str) -> Result<Self, serde_json::Error> {
        Ok(match name {
            "READY" => Self::Ready(serde_json::from_str(data)?),
            "RESUMED" => Self::Resumed,
            "GUILD_CREATE" => Self::Guild(serde_json::from_str(data)?),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
                Self::Channel(serde_json::from_str(data)?)
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => Self::ChannelGone(serde_json::from_str(data)?),
            "THREAD_LIST_SYNC" => Self::Threads(serde_json::from_str(data)?),
            "MESSAGE_CREATE" => Self::Created(serde_json::from_str(data)?),
            "MESSAGE_UPDATE" => Self::Updated(serde_json::from_str(data)?),
            "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK" => Self::Removed(serde_json::from_str(data)?),
            "MESSAGE_REACTION_ADD" => Self::Reacted { reaction: serde_json::from_str(data)?, added: true },
            "MESSAGE_REACTION_REMOVE" => {
                Self::Reacted { reaction: serde_json::from_str(data)?, added: false }
            }
            "MESSAGE_POLL_VOTE_ADD" => Self::Voted { vote: serde_json::from_str(data)?, given: true },
            "MESSAGE_POLL_VOTE_REMOVE" => Self::Voted { vote: serde_json::from_str(data)?, given: false },
            "INTERACTION_CREATE" => Self::Interaction(serde_json::from_str(data)?),
            _ => Self::Other,
        })
    }

    /// Returns the channel of a guild in which it happened, with the guild. Direct messages need no look-up.
    pub(super) fn place(&self) -> Option<(&str, &str)> {
        let (channel, guild) = match self {
            Self::Created(message) | Self::Updated(message) => (&message.channel_id, &message.guild_id),
            Self::Removed(removed) => (&removed.channel_id, &removed.guild_id),
            Self::Reacted { reaction, .. } => (&reaction.channel_id, &reaction.guild_id),
            Self::Voted { vote, .. } => (&vote.channel_id, &vote.guild_id),
            Self::Interaction(interaction) => (interaction.channel_id.as_ref()?, &interaction.guild_id),
            _ => return None,
        };
        Some((channel, guild.as_deref()?))
    }

    /// Returns the guild whose roles must be known to tell whether the bot is meant.
    pub(super) fn roles(&self) -> Option<&str> {
        match self {
            Self::Created(message) if !message.mention_roles.is_empty() => message.guild_id.as_deref(),
            _ => None,
        }
    }
}

const USED: [&str; 19] = [
    "READY",
    "RESUMED",
    "GUILD_CREATE",
    "CHANNEL_CREATE",
    "CHANNEL_UPDATE",
    "CHANNEL_DELETE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "THREAD_DELETE",
    "THREAD_LIST_SYNC",
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_POLL_VOTE_ADD",
    "MESSAGE_POLL_VOTE_REMOVE",
    "INTERACTION_CREATE",
];
