//! Reads one message: its text, what it answers to, what came with it.

use super::cursor::Me;
use super::wire;
use crate::inbound::{Attachment, AttachmentKind, Message, Quote};

/// Most things that are taken from one message; Discord itself allows ten files.
const MOST_ATTACHMENTS: usize = 32;

/// Says whether a message's type is something that a person or bot said, and not a note of the platform's own.
pub(super) fn is_spoken(kind: u64) -> bool {
    const DEFAULT: u64 = 0;
    const REPLY: u64 = 19;
    const COMMAND_ANSWER: u64 = 20;
    const MENU_ANSWER: u64 = 23;
    [DEFAULT, REPLY, COMMAND_ANSWER, MENU_ANSWER].contains(&kind)
}

/// Reads a message; `own_role` is the role that belongs to the bot alone.
pub(super) fn read(message: &wire::Message, me: &Me, own_role: Option<&str>) -> Message {
    let role = own_role.is_some_and(|own| message.mention_roles.iter().any(|role| role == own));
    let mut read = Message {
        id: message.id.clone(),
        text: message.content.clone().unwrap_or_default(),
        mentions_bot: role || message.mentions.iter().any(|user| user.id == me.id),
        reply_to: quote(message, me),
        attachments: attachments(message),
        ..Message::default()
    };
    if let Some(forwarded) = forwarded(message) {
        // Discord does not tell who wrote what is forwarded.
        read.forwarded_from = Some("somebody on Discord".into());
        let text = forwarded.iter().map(|one| one.content.as_str());
        let texts: Vec<_> =
            std::iter::once(read.text.as_str()).chain(text).filter(|text| !text.is_empty()).collect();
        read.text = texts.join("\n");
        read.attachments.extend(forwarded.iter().flat_map(|one| &one.attachments).map(file));
    }
    read.attachments.truncate(MOST_ATTACHMENTS);
    read
}

/// The kind of a reference that forwards a message.
const FORWARD: u64 = 1;

fn forwarded(message: &wire::Message) -> Option<Vec<&wire::Forwarded>> {
    message.message_reference.as_ref().filter(|reference| reference.kind == FORWARD)?;
    Some(message.message_snapshots.iter().map(|snapshot| &snapshot.message).collect())
}

fn quote(message: &wire::Message, me: &Me) -> Option<Quote> {
    if let Some(quoted) = &message.referenced_message {
        let author = quoted.author.as_ref();
        let (files, words): (Vec<_>, Vec<_>) =
            attachments(quoted).into_iter().partition(|attachment| attachment.file.is_some());
        let mut text = quoted.content.clone().unwrap_or_default();
        if text.is_empty() {
            // An answer in cards, or a sticker.
            text = words.into_iter().filter_map(|words| words.text).collect::<Vec<_>>().join("\n");
        }
        return Some(Quote {
            id: quoted.id.clone(),
            author: author.map(name).unwrap_or_default(),
            from_bot: author.is_some_and(|author| author.id == me.id),
            text,
            attachments: files.into_iter().take(Quote::MOST_FILES).collect(),
        });
    }
    let reference = message.message_reference.as_ref().filter(|reference| reference.kind != FORWARD)?;
    Some(Quote { id: reference.message_id.clone()?, ..Quote::default() })
}

fn attachments(message: &wire::Message) -> Vec<Attachment> {
    let stickers = message.sticker_items.iter().map(|sticker| words(AttachmentKind::Sticker, &sticker.name));
    let poll = message.poll.iter().map(|poll| {
        let options = poll.answers.iter().map(|answer| answer.poll_media.text.as_str());
        let options = options.collect::<Vec<_>>().join(" / ");
        words(AttachmentKind::Other, &format!("Poll: {} ({options})", poll.question.text))
    });
    // Other kinds are previews of links, which repeat what stands elsewhere.
    let rich = message.embeds.iter().filter(|embed| embed.kind.as_deref().is_none_or(|kind| kind == "rich"));
    let cards = rich.filter_map(|embed| {
        let parts: Vec<_> =
            [&embed.title, &embed.description].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| words(AttachmentKind::Other, &parts.join("\n")))
    });
    message.attachments.iter().map(file).chain(stickers).chain(poll).chain(cards).collect()
}

fn file(attachment: &wire::Attachment) -> Attachment {
    let media_type = attachment.content_type.clone();
    let kind = match media_type.as_deref().unwrap_or_default() {
        "image/gif" => AttachmentKind::Animation,
        media if media.starts_with("image/") => AttachmentKind::Photo,
        media if media.starts_with("video/") => AttachmentKind::Video,
        _ if attachment.waveform.is_some() => AttachmentKind::Voice,
        media if media.starts_with("audio/") => AttachmentKind::Audio,
        _ => AttachmentKind::Document,
    };
    Attachment {
        kind,
        name: attachment.filename.clone(),
        mime_type: media_type,
        size: attachment.size,
        file: Some(attachment.url.clone()),
        text: None,
    }
}

fn words(kind: AttachmentKind, text: &str) -> Attachment {
    Attachment { kind, name: None, mime_type: None, size: None, file: None, text: Some(text.to_owned()) }
}

/// Returns the name that a user shows to everybody.
pub(super) fn name(user: &wire::User) -> String {
    user.global_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| user.username.clone())
}
