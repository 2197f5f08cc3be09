//! Discord's payloads, as far as they are used. Only ids are required: a field that is missing, null or of another
//! kind than expected never costs a message.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A person, a bot or a webhook.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) username: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) global_name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) bot: bool,
    #[serde(default, deserialize_with = "loose")]
    pub(super) system: bool,
}

/// A user within a guild.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Member {
    #[serde(default, deserialize_with = "loose")]
    pub(super) nick: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) roles: Vec<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) user: Option<User>,
}

/// A message, whole or (in an update) in part.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's own names")]
pub(super) struct Message {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(deserialize_with = "id")]
    pub(super) channel_id: String,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) author: Option<User>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) member: Option<Member>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) content: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) edited_timestamp: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "loose")]
    pub(super) kind: u64,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) webhook_id: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) attachments: Vec<Attachment>,
    #[serde(default, deserialize_with = "list")]
    pub(super) embeds: Vec<Embed>,
    #[serde(default, deserialize_with = "list")]
    pub(super) sticker_items: Vec<Sticker>,
    #[serde(default, deserialize_with = "list")]
    pub(super) mentions: Vec<User>,
    #[serde(default, deserialize_with = "list")]
    pub(super) mention_roles: Vec<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) referenced_message: Option<Box<Message>>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) message_reference: Option<Reference>,
    #[serde(default, deserialize_with = "list")]
    pub(super) message_snapshots: Vec<Snapshot>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) poll: Option<Poll>,
}

/// A file of a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attachment {
    pub(super) url: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) filename: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) content_type: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) size: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) waveform: Option<String>,
}

/// A card under a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Embed {
    #[serde(default, rename = "type", deserialize_with = "loose")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) description: Option<String>,
}

/// A sticker of a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sticker {
    #[serde(default, deserialize_with = "loose")]
    pub(super) name: String,
}

/// What a message points to: type 0 a reply, type 1 a forward.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reference {
    #[serde(default, rename = "type", deserialize_with = "loose")]
    pub(super) kind: u64,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) message_id: Option<String>,
}

/// A forwarded message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Snapshot {
    pub(super) message: Forwarded,
}

/// What a forwarded message says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Forwarded {
    #[serde(default, deserialize_with = "loose")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) attachments: Vec<Attachment>,
}

/// A poll in a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Poll {
    pub(super) question: PollText,
    #[serde(default, deserialize_with = "list")]
    pub(super) answers: Vec<PollAnswer>,
}

/// A text of a poll.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PollText {
    #[serde(default, deserialize_with = "loose")]
    pub(super) text: String,
}

/// An option of a poll.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PollAnswer {
    #[serde(default, deserialize_with = "loose")]
    pub(super) poll_media: PollText,
}

/// A channel or a thread.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Channel {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default, rename = "type", deserialize_with = "loose")]
    pub(super) kind: u64,
    #[serde(default, deserialize_with = "loose")]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) parent_id: Option<String>,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) last_message_id: Option<String>,
}

/// A guild with its channels.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Guild {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) channels: Vec<Channel>,
    #[serde(default, deserialize_with = "list")]
    pub(super) threads: Vec<Channel>,
    #[serde(default, deserialize_with = "list")]
    pub(super) roles: Vec<Role>,
}

/// A role of a guild.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Role {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) tags: Option<Tags>,
}

/// What a role belongs to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Tags {
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) bot_id: Option<String>,
}

/// The threads of a guild that the bot sees again.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Threads {
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) threads: Vec<Channel>,
}

/// A message or several that were removed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Removed {
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) ids: Vec<String>,
    #[serde(deserialize_with = "id")]
    pub(super) channel_id: String,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
}

/// A reaction that was added or taken back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reaction {
    #[serde(deserialize_with = "id")]
    pub(super) user_id: String,
    #[serde(deserialize_with = "id")]
    pub(super) channel_id: String,
    #[serde(deserialize_with = "id")]
    pub(super) message_id: String,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) member: Option<Member>,
    pub(super) emoji: Emoji,
}

/// An emoji: of Unicode by its name alone, a guild's own with an id.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Emoji {
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) name: Option<String>,
}

/// A vote in a poll that was given or taken back.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's own names")]
pub(super) struct Vote {
    #[serde(deserialize_with = "id")]
    pub(super) user_id: String,
    #[serde(deserialize_with = "id")]
    pub(super) channel_id: String,
    #[serde(deserialize_with = "id")]
    pub(super) message_id: String,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) answer_id: u32,
}

/// A slash command or a pressed button.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Interaction {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(deserialize_with = "id")]
    pub(super) application_id: String,
    pub(super) token: String,
    #[serde(rename = "type")]
    pub(super) kind: u64,
    #[serde(default, deserialize_with = "loose")]
    pub(super) data: Option<InteractionData>,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) guild_id: Option<String>,
    #[serde(default, deserialize_with = "loose_id")]
    pub(super) channel_id: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) channel: Option<Channel>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) member: Option<Member>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) user: Option<User>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) message: Option<Named>,
}

/// What an interaction carries.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct InteractionData {
    #[serde(default, deserialize_with = "loose")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) options: Vec<Choice>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) custom_id: String,
}

/// An option of a command, with what was typed into it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "loose")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Value,
    #[serde(default, deserialize_with = "list")]
    pub(super) options: Vec<Choice>,
}

/// Anything of which only the id matters.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
}

/// The first dispatch of a session.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ready {
    pub(super) session_id: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) resume_gateway_url: String,
    pub(super) user: User,
    #[serde(default, deserialize_with = "loose")]
    pub(super) application: Option<Named>,
}

/// Reads a value or takes the default, whatever is wrong with it.
pub(super) fn loose<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(
    from: D,
) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

/// Reads a list and leaves out what cannot be read.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// Reads an id: digits, since ids become parts of addresses.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    to_id(&Value::deserialize(from)?).ok_or_else(|| D::Error::custom("not an id"))
}

fn loose_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(to_id(&Value::deserialize(from)?))
}

fn to_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if is_id(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

/// Says whether a text is an id of Discord: up to 20 digits.
pub(super) fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Channel {
    /// Returns a channel of which the platform tells nothing.
    pub(super) fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: 0,
            name: None,
            guild_id: None,
            parent_id: None,
            last_message_id: None,
        }
    }
}
