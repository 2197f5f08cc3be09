//! How long a text is in the units of its platform, as it stands and rendered.

use crate::channel::{TextRules, Unit};

use super::{discord, plain};

/// Returns how many units of a platform `text` takes.
pub fn count(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Utf16 => text.chars().map(char::len_utf16).sum(),
        Unit::CodePoints => text.chars().count(),
        Unit::Bytes => text.len(),
    }
}

/// Returns whether `markdown` keeps to `rules` as it stands and in each rendering.
pub fn fits(markdown: &str, rules: &TextRules) -> bool {
    overshoot(markdown, rules).is_none()
}

/// By how much a text is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overshoot {
    /// Units too many.
    pub(super) units: usize,
    /// Lines too many.
    pub(super) lines: usize,
}

/// Returns by how much `markdown` is too long, in its longest form; `None`: it fits.
///
/// Telegram's rendering is never longer than the plain one, which has the addresses of links as well.
pub(super) fn overshoot(markdown: &str, rules: &TextRules) -> Option<Overshoot> {
    let raw = beyond(markdown, rules);
    if raw.units > rules.max {
        // Far too long: rendering it would only cost time.
        return Some(raw);
    }
    let rendered = [plain(markdown), discord(markdown)].map(|text| beyond(&text, rules));
    let all = rendered.iter().fold(raw, |most, other| Overshoot {
        units: most.units.max(other.units),
        lines: most.lines.max(other.lines),
    });
    (all.units > 0 || all.lines > 0).then_some(all)
}

fn beyond(text: &str, rules: &TextRules) -> Overshoot {
    let lines = text.trim_end().matches('\n').count() + 1;
    Overshoot {
        units: count(text, rules.unit).saturating_sub(rules.max),
        lines: rules.max_lines.map_or(0, |max| lines.saturating_sub(max)),
    }
}
