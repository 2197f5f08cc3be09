//! Whether a text speaks to the bot, by Telegram's own marks in it.

use super::types::{Content, Entity};
use crate::inbound::Bot;

/// To whom a text speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// It names the bot.
    Bot,
    /// It begins with a command for another bot.
    Other,
    /// It names neither.
    Nobody,
}

/// Returns to whom a message's text or caption speaks.
pub(super) fn address(content: &Content, bot: &Bot) -> Address {
    let text = match (&content.text, &content.caption) {
        (Some(text), _) => Some((text, &content.entities)),
        (None, Some(caption)) => Some((caption, &content.caption_entities)),
        (None, None) => None,
    };
    let Some((text, Some(entities))) = text else {
        return Address::Nobody;
    };
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut found = Address::Nobody;
    for entity in entities {
        match whom(entity, &units, bot) {
            Address::Bot => return Address::Bot,
            Address::Other => found = Address::Other,
            Address::Nobody => {}
        }
    }
    found
}

fn whom(entity: &Entity, units: &[u16], bot: &Bot) -> Address {
    let ours = |handle: &str| bot.handle.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(handle));
    let end = entity.offset.checked_add(entity.length);
    let words =
        end.and_then(|end| units.get(entity.offset..end)).map(String::from_utf16_lossy).unwrap_or_default();
    match entity.kind.as_str() {
        "mention" if words.strip_prefix('@').is_some_and(ours) => Address::Bot,
        "text_mention" if entity.user.as_ref().is_some_and(|user| user.id.to_string() == bot.id) => {
            Address::Bot
        }
        "bot_command" => match words.split_once('@') {
            Some((_, handle)) if ours(handle) => Address::Bot,
            Some(_) if entity.offset == 0 => Address::Other,
            _ => Address::Nobody,
        },
        _ => Address::Nobody,
    }
}
