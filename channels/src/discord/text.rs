//! Markdown as Discord reads it.

/// Returns the text as Discord is to be given it: its markup is Markdown itself.
pub(super) fn discord(markdown: &str) -> String {
    markdown.to_owned()
}
