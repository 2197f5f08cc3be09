//! Files and other things that come with a message.

use serde_json::Value;

use super::types::{Blob, Content, Location};
use crate::inbound::{Attachment, AttachmentKind};

/// Returns what a message carries besides its text. An album's parts are messages of their own, so this is one thing
/// at most.
pub(super) fn attachments(content: &Content) -> Vec<Attachment> {
    let found = file(content).or_else(|| thing(content));
    found.into_iter().collect()
}

/// Returns a thing of a kind that is not known, so that whoever sent it is not left without an answer.
pub(super) fn unknown(post: &Value) -> Option<Attachment> {
    let strange = |name: &&String| !ENVELOPE.contains(&name.as_str()) && !SERVICE.contains(&name.as_str());
    let name = post.as_object()?.keys().find(strange)?;
    let plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let name = if plain { name.replace('_', " ") } else { "something".to_owned() };
    Some(words(AttachmentKind::Other, format!("{name}, a kind of message that cannot be read here")))
}

fn file(content: &Content) -> Option<Attachment> {
    let largest = |sizes: &Vec<Blob>| sizes.iter().max_by_key(|size| area(size)).cloned();
    if let Some(photo) = content.photo.as_ref().and_then(largest) {
        return Some(Attachment {
            mime_type: Some("image/jpeg".to_owned()),
            ..whole(AttachmentKind::Photo, &photo)
        });
    }
    // An animation is also given as a document, for programs that do not know it.
    let kinds = [
        (AttachmentKind::Animation, &content.animation),
        (AttachmentKind::Voice, &content.voice),
        (AttachmentKind::Audio, &content.audio),
        (AttachmentKind::Video, &content.video),
        (AttachmentKind::VideoNote, &content.video_note),
        (AttachmentKind::Sticker, &content.sticker),
        (AttachmentKind::Document, &content.document),
    ];
    kinds.into_iter().find_map(|(kind, file)| file.as_ref().map(|file| whole(kind, file)))
}

fn area(size: &Blob) -> (u64, u64) {
    let sides = size.width.unwrap_or(0).saturating_mul(size.height.unwrap_or(0));
    (sides, size.file_size.unwrap_or(0))
}

fn whole(kind: AttachmentKind, file: &Blob) -> Attachment {
    let title = || match (&file.performer, &file.title) {
        (Some(who), Some(what)) => Some(format!("{who} - {what}")),
        (who, what) => what.clone().or_else(|| who.clone()),
    };
    let sticker = || match (file.is_animated, file.is_video) {
        (Some(true), _) => "application/x-tgsticker",
        (_, Some(true)) => "video/webm",
        _ => "image/webp",
    };
    let usual = match kind {
        AttachmentKind::Sticker => Some(sticker()),
        AttachmentKind::VideoNote => Some("video/mp4"),
        AttachmentKind::Voice => Some("audio/ogg"),
        _ => None,
    };
    Attachment {
        kind,
        name: file.file_name.clone().or_else(title),
        mime_type: file.mime_type.clone().or_else(|| usual.map(str::to_owned)),
        size: file.file_size,
        file: Some(file.file_id.clone()),
        text: file.emoji.clone(),
    }
}

/// Returns what is no file, in words.
fn thing(content: &Content) -> Option<Attachment> {
    if let Some(venue) = &content.venue {
        let text = format!("{}, {} ({})", venue.title, venue.address, place(&venue.location));
        return Some(words(AttachmentKind::Location, text));
    }
    if let Some(location) = &content.location {
        return Some(words(AttachmentKind::Location, place(location)));
    }
    if let Some(contact) = &content.contact {
        let last = contact.last_name.as_deref().unwrap_or_default();
        let name = format!("{} {last}", contact.first_name);
        return Some(words(AttachmentKind::Contact, format!("{}, {}", name.trim(), contact.phone_number)));
    }
    if let Some(poll) = &content.poll {
        let options: Vec<&str> = poll.options.iter().map(|option| option.text.as_str()).collect();
        return Some(words(
            AttachmentKind::Other,
            format!("a poll: {} [{}]", poll.question, options.join(" | ")),
        ));
    }
    if let Some(list) = &content.checklist {
        let tasks: Vec<&str> = list.tasks.iter().map(|task| task.text.as_str()).collect();
        return Some(words(
            AttachmentKind::Other,
            format!("a checklist: {} [{}]", list.title, tasks.join(" | ")),
        ));
    }
    let dice = content.dice.as_ref()?;
    Some(words(AttachmentKind::Other, format!("{} shows {}", dice.emoji, dice.value)))
}

fn place(location: &Location) -> String {
    let near = location.horizontal_accuracy.map(|meters| format!(" ±{meters:.0} m")).unwrap_or_default();
    format!("{:.6}, {:.6}{near}", location.latitude, location.longitude)
}

fn words(kind: AttachmentKind, text: String) -> Attachment {
    Attachment { kind, name: None, mime_type: None, size: None, file: None, text: Some(text) }
}

/// Fields that surround a message and are no content.
const ENVELOPE: &[&str] = &[
    "message_id",
    "message_thread_id",
    "direct_messages_topic",
    "from",
    "sender_chat",
    "sender_boost_count",
    "sender_business_bot",
    "sender_tag",
    "date",
    "edit_date",
    "business_connection_id",
    "chat",
    "forward_origin",
    "forward_from",
    "forward_from_chat",
    "forward_from_message_id",
    "forward_signature",
    "forward_sender_name",
    "forward_date",
    "is_topic_message",
    "is_automatic_forward",
    "is_paid_post",
    "reply_to_message",
    "external_reply",
    "quote",
    "reply_to_story",
    "reply_to_checklist_task_id",
    "via_bot",
    "has_protected_content",
    "is_from_offline",
    "media_group_id",
    "author_signature",
    "paid_star_count",
    "text",
    "entities",
    "link_preview_options",
    "suggested_post_info",
    "effect_id",
    "caption",
    "caption_entities",
    "show_caption_above_media",
    "has_media_spoiler",
    "reply_markup",
];

/// Fields of messages that Telegram itself writes when something about a chat has changed.
const SERVICE: &[&str] = &[
    "new_chat_members",
    "new_chat_member",
    "new_chat_participant",
    "left_chat_member",
    "left_chat_participant",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
    "connected_website",
    "write_access_allowed",
    "passport_data",
    "boost_added",
    "chat_background_set",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
];
