//! What Telegram finds in plain text by itself: addresses, mentions, commands, hashtags.

use super::{Entity, units};

/// Finds them.
pub(in super::super) fn detect(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut offset = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let opening = word.trim_start_matches(['(', '[', '"', '\'', ',']);
        let start = offset + units(word) - units(opening);
        if let Some((kind, length)) = meaning(opening) {
            found.push(Entity::new(kind, start, start + length));
        }
        offset += units(piece);
    }
    found
}

/// Says what a word begins with, and how long that is.
fn meaning(word: &str) -> Option<(&'static str, usize)> {
    let name = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    if word.starts_with("http://") || word.starts_with("https://") {
        let url = word.trim_end_matches(['.', ',', '!', '?', ')', ']', '"', '\'', ';', ':']);
        return (url.len() > 8).then(|| ("url", units(url)));
    }
    if let Some(rest) = word.strip_prefix('@') {
        let length = name(rest);
        return (3..=32).contains(&length).then_some(("mention", length + 1));
    }
    if let Some(rest) = word.strip_prefix('/') {
        let length = name(rest);
        let target = rest[length..].strip_prefix('@').map_or(0, name);
        let full = if target > 0 { length + target + 2 } else { length + 1 };
        let ends = !rest[full - 1..].starts_with('/');
        return ((1..=64).contains(&length) && ends).then_some(("bot_command", full));
    }
    if let Some(rest) = word.strip_prefix('#') {
        let length =
            units(&rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
        return (length > 0).then_some(("hashtag", length + 1));
    }
    None
}
