//! Texts as messages.

use channels::TextRules;

/// Splits a text into messages.
pub(super) fn split(text: &str, rules: &TextRules) -> Vec<String> {
    let chars: Vec<char> = text.trim().chars().collect();
    chars.chunks((rules.max / 2).max(1)).map(|part| part.iter().collect()).collect()
}

/// Returns what one message shows of a text that grows.
pub(super) fn draft(text: &str, rules: &TextRules) -> String {
    split(text, rules).into_iter().next().unwrap_or_default()
}
