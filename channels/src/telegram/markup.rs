//! The one place where the channel's texts meet the renderer of Markdown.

/// Returns Markdown as Telegram's HTML.
pub(super) fn telegram_html(markdown: &str) -> String {
    markdown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns Markdown as words without markup.
pub(super) fn plain(markdown: &str) -> String {
    markdown.to_owned()
}

/// Returns how long Telegram finds a text: in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
