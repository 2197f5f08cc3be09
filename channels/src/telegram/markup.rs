//! The one place where the channel's texts meet the renderer of Markdown.

pub(super) use crate::text::{plain, telegram_html};

/// Returns how long Telegram finds a text: in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
