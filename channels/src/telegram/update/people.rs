//! Chats and senders. All names in here were chosen by strangers.

use super::types::{Group, Origin, Post, User};
use crate::inbound::{Chat, ChatKind, Sender};

/// Returns the chat, or nothing for a kind that nobody knows.
pub(super) fn chat(group: &Group) -> Option<Chat> {
    let kind = match group.kind.as_str() {
        "private" => ChatKind::Direct,
        "group" | "supergroup" => ChatKind::Group,
        "channel" => ChatKind::Channel,
        _ => return None,
    };
    Some(Chat { id: group.id.to_string(), kind, title: group.title.clone(), thread: None, guild: None })
}

/// Returns a person or a bot as a sender.
pub(super) fn user(user: &User) -> Sender {
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    let name = names.into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    let name = Some(name).filter(|name| !name.is_empty()).or_else(|| user.username.clone());
    Sender {
        id: user.id.to_string(),
        name: name.unwrap_or_else(|| user.id.to_string()),
        handle: user.username.clone(),
        bot: user.is_bot.unwrap_or(false),
        roles: Vec::new(),
    }
}

/// Returns a group or channel that speaks for itself.
pub(super) fn group(group: &Group) -> Sender {
    Sender {
        id: group.id.to_string(),
        name: group.title.clone().unwrap_or_else(|| group.id.to_string()),
        handle: group.username.clone(),
        bot: false,
        roles: Vec::new(),
    }
}

/// Returns who wrote a message. Behind the name of a group or channel stands a placeholder bot in `from`, which says
/// nothing; a chat's id is negative, so it is never taken for a person.
pub(super) fn author(post: &Post) -> Sender {
    match (&post.more.sender_chat, &post.more.from) {
        (Some(chat), _) => group(chat),
        (None, Some(person)) => user(person),
        (None, None) => group(&post.chat),
    }
}

/// Returns the name of whom a message comes from.
pub(super) fn origin(origin: &Origin) -> Option<String> {
    if let Some(person) = &origin.sender_user {
        return Some(user(person).name);
    }
    if let Some(name) = &origin.sender_user_name {
        return Some(name.clone());
    }
    let chat = origin.sender_chat.as_ref().or(origin.chat.as_ref())?;
    let name = group(chat).name;
    Some(match &origin.author_signature {
        Some(author) => format!("{name} ({author})"),
        None => name,
    })
}
