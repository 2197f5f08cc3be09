//! Just those fields of the Bot API's objects that are read. What is missing or has another shape is left out, so that
//! one odd part never costs the message that carries it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A message, in a chat or a broadcast channel.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Post {
    pub(super) message_id: i64,
    pub(super) chat: Group,
    #[serde(default)]
    pub(super) date: i64,
    #[serde(flatten)]
    pub(super) more: Box<More>,
    #[serde(flatten)]
    pub(super) content: Box<Content>,
}

/// What surrounds a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct More {
    #[serde(deserialize_with = "lenient")]
    pub(super) from: Option<User>,
    #[serde(deserialize_with = "lenient")]
    pub(super) sender_chat: Option<Group>,
    #[serde(deserialize_with = "lenient")]
    pub(super) edit_date: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) message_thread_id: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) is_topic_message: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub(super) media_group_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) reply_to_message: Option<Box<Post>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) external_reply: Option<Box<External>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) quote: Option<Quoted>,
    #[serde(deserialize_with = "lenient")]
    pub(super) forward_origin: Option<Origin>,
    #[serde(deserialize_with = "lenient")]
    pub(super) forward_from: Option<User>,
    #[serde(deserialize_with = "lenient")]
    pub(super) forward_from_chat: Option<Group>,
    #[serde(deserialize_with = "lenient")]
    pub(super) forward_sender_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) migrate_to_chat_id: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) forum_topic_created: Option<Named>,
}

/// What a message holds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) caption: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) entities: Option<Vec<Entity>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) caption_entities: Option<Vec<Entity>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) photo: Option<Vec<Blob>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) document: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) animation: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) audio: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) voice: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) video: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) video_note: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) sticker: Option<Blob>,
    #[serde(deserialize_with = "lenient")]
    pub(super) location: Option<Location>,
    #[serde(deserialize_with = "lenient")]
    pub(super) venue: Option<Venue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) contact: Option<Contact>,
    #[serde(deserialize_with = "lenient")]
    pub(super) poll: Option<Poll>,
    #[serde(deserialize_with = "lenient")]
    pub(super) dice: Option<Dice>,
    #[serde(deserialize_with = "lenient")]
    pub(super) checklist: Option<Checklist>,
}

/// A person or a bot.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_bot: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) last_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) username: Option<String>,
}

/// A chat of any kind.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) username: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_forum: Option<bool>,
}

/// A stretch of a text that means something. Places are in UTF-16 units.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) length: usize,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user: Option<User>,
}

/// A file of any kind, which stays with Telegram until it is fetched.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Blob {
    pub(super) file_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) file_size: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) file_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) mime_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) width: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) height: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) performer: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) emoji: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_animated: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_video: Option<bool>,
}

/// A place on the map.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Location {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) horizontal_accuracy: Option<f64>,
}

/// A place with a name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Venue {
    pub(super) location: Location,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) address: String,
}

/// A contact.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Contact {
    pub(super) phone_number: String,
    #[serde(default)]
    pub(super) first_name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) last_name: Option<String>,
}

/// A poll that somebody put into the chat.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Poll {
    #[serde(default)]
    pub(super) question: String,
    #[serde(default)]
    pub(super) options: Vec<Worded>,
}

/// A die that was thrown.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dice {
    #[serde(default)]
    pub(super) emoji: String,
    #[serde(default)]
    pub(super) value: i64,
}

/// A list of things to do.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Checklist {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) tasks: Vec<Worded>,
}

/// Something with a text.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Worded {
    #[serde(default)]
    pub(super) text: String,
}

/// Something with a name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    pub(super) name: String,
}

/// The part of a message that an answer quotes.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Quoted {
    pub(super) text: String,
}

/// A message of another chat that an answer answers to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct External {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) origin: Option<Origin>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message_id: Option<i64>,
    #[serde(flatten)]
    pub(super) content: Content,
}

/// Where a message comes from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Origin {
    #[serde(deserialize_with = "lenient")]
    pub(super) sender_user: Option<User>,
    #[serde(deserialize_with = "lenient")]
    pub(super) sender_user_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) sender_chat: Option<Group>,
    #[serde(deserialize_with = "lenient")]
    pub(super) chat: Option<Group>,
    #[serde(deserialize_with = "lenient")]
    pub(super) author_signature: Option<String>,
}

/// A button press.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Press {
    pub(super) id: String,
    pub(super) from: User,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message: Option<Post>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) data: Option<String>,
}

/// A change of somebody's reactions.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reacted {
    pub(super) chat: Group,
    pub(super) message_id: i64,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) actor_chat: Option<Group>,
    #[serde(default)]
    pub(super) date: i64,
    #[serde(default)]
    pub(super) old_reaction: Vec<Value>,
    #[serde(default)]
    pub(super) new_reaction: Vec<Value>,
}

/// An answer to a poll.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Voted {
    pub(super) poll_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) voter_chat: Option<Group>,
    #[serde(default)]
    pub(super) option_ids: Vec<u32>,
}

/// Reads a part, or nothing where it has another shape.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| T::deserialize(value).ok())
}
