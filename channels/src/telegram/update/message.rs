//! Messages and their edits.

use serde_json::Value;

use super::mention::{Address, address};
use super::types::{Content, Post};
use super::{attachment, people};
use crate::inbound::{Attachment, AttachmentKind, Bot, ChatKind, Event, Inbound, Message, Quote, Thread};

/// Returns what a new message says; `raw` is the same message unread. Nothing if it is Telegram's own note about the
/// chat, the bot's own, or for another bot.
pub(super) fn posted(post: &Post, raw: &Value, bot: &Bot) -> Option<Inbound> {
    let whole = |id: String, event: Event| {
        let mut chat = people::chat(&post.chat)?;
        chat.thread = thread(post);
        Some(Inbound { id, at: post.date.saturating_mul(1000), chat, sender: people::author(post), event })
    };
    let id = format!("m{}:{}", post.chat.id, post.message_id);
    if let Some(to) = post.more.migrate_to_chat_id {
        return whole(id, Event::Moved { to: to.to_string() });
    }
    let spoken_to = address(&post.content, bot);
    if from_bot(post, bot) || spoken_to == Address::Other {
        return None;
    }
    let text = text(&post.content);
    let mut attachments = attachment::attachments(&post.content);
    if text.is_empty() && attachments.is_empty() {
        let direct = people::chat(&post.chat)?.kind == ChatKind::Direct;
        attachments.push(attachment::unknown(raw).filter(|_| direct)?);
    }
    let message = Message {
        id: post.message_id.to_string(),
        text,
        reply_to: reply(post, bot),
        forwarded_from: forwarded(post),
        mentions_bot: spoken_to == Address::Bot,
        attachments,
        album: post.more.media_group_id.clone(),
    };
    whole(id, Event::Message(message))
}

/// Returns the new text of a message. Nothing if the edit has none: a live position moves by edits, for example.
pub(super) fn edited(post: &Post, bot: &Bot) -> Option<Inbound> {
    let text = text(&post.content);
    if text.is_empty() || from_bot(post, bot) || address(&post.content, bot) == Address::Other {
        return None;
    }
    let mut chat = people::chat(&post.chat)?;
    chat.thread = thread(post);
    let date = post.more.edit_date.unwrap_or(post.date);
    Some(Inbound {
        // Two edits may fall into one second, so the text is part of the id.
        id: format!("e{}:{}:{date}:{:08x}", post.chat.id, post.message_id, digest(&text)),
        at: date.saturating_mul(1000),
        chat,
        sender: people::author(post),
        event: Event::Edited { message: post.message_id.to_string(), text },
    })
}

/// Returns the topic that a message stands in. Outside of topics a thread id only names the message that began a row
/// of answers, so it does not count. What is in no topic of a forum is in its General one, whose id is 1.
pub(super) fn thread(post: &Post) -> Option<Thread> {
    if post.more.is_topic_message == Some(true) {
        let id = post.more.message_thread_id?.to_string();
        let root =
            post.more.reply_to_message.as_ref().and_then(|root| root.more.forum_topic_created.as_ref());
        return Some(Thread { id, title: root.map(|root| root.name.clone()) });
    }
    let general = Thread { id: GENERAL.to_string(), title: Some("General".to_owned()) };
    (post.chat.is_forum == Some(true)).then_some(general)
}

/// The id of the topic that every forum has.
pub(in super::super) const GENERAL: i64 = 1;

fn reply(post: &Post, bot: &Bot) -> Option<Quote> {
    let part = post.more.quote.as_ref().map(|quote| quote.text.clone());
    // A topic's messages all "answer" to the note that began it.
    let answered = post.more.reply_to_message.as_ref().filter(|root| root.more.forum_topic_created.is_none());
    if let Some(answered) = answered {
        return Some(Quote {
            id: answered.message_id.to_string(),
            author: people::author(answered).name,
            from_bot: from_bot(answered, bot),
            text: part.unwrap_or_else(|| gist(&answered.content)),
            attachments: files(&answered.content),
        });
    }
    let far = post.more.external_reply.as_ref()?;
    let by_bot = far.origin.as_ref().and_then(|origin| origin.sender_user.as_ref());
    Some(Quote {
        id: far.message_id.map(|id| id.to_string()).unwrap_or_default(),
        author: far.origin.as_ref().and_then(people::origin).unwrap_or_default(),
        from_bot: by_bot.is_some_and(|user| user.id.to_string() == bot.id),
        text: part.unwrap_or_else(|| gist(&far.content)),
        attachments: files(&far.content),
    })
}

/// Returns the file of a message that is answered; an album's other parts are messages of their own.
fn files(content: &Content) -> Vec<Attachment> {
    let mut files = attachment::attachments(content);
    files.retain(|attachment| attachment.file.is_some());
    files
}

fn forwarded(post: &Post) -> Option<String> {
    let origin = post.more.forward_origin.as_ref().and_then(people::origin);
    let older = || post.more.forward_from.as_ref().map(|user| people::user(user).name);
    let chat = || post.more.forward_from_chat.as_ref().map(|chat| people::group(chat).name);
    origin.or_else(older).or_else(chat).or_else(|| post.more.forward_sender_name.clone())
}

fn from_bot(post: &Post, bot: &Bot) -> bool {
    post.more.from.as_ref().is_some_and(|user| user.id.to_string() == bot.id)
}

fn text(content: &Content) -> String {
    content.text.as_ref().or(content.caption.as_ref()).cloned().unwrap_or_default()
}

/// Returns a message's text, or in a word what it was.
fn gist(content: &Content) -> String {
    let text = text(content);
    if !text.is_empty() {
        return text;
    }
    let word = |thing: &Attachment| match (&thing.text, thing.kind) {
        (Some(text), AttachmentKind::Location | AttachmentKind::Contact | AttachmentKind::Other) => {
            text.clone()
        }
        (_, kind) => format!("({})", <&'static str>::from(kind)),
    };
    attachment::attachments(content).first().map(word).unwrap_or_default()
}

/// Returns a short number that the same text always has (FNV-1a).
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
