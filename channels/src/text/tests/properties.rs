//! What holds for any input.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::super::{count, discord, draft, plain, split, telegram_html};
use super::{TELEGRAM, seen};
use crate::channel::{TextRules, Unit};

/// Parts that make Markdown likely. The word of the fences occurs nowhere else.
pub(super) const PARTS: [&str; 38] = [
    "word ",
    "Sentence. ",
    "two\nlines ",
    "\n",
    "\n\n",
    "**",
    "*",
    "_",
    "~~a~~ ",
    "`x y` ",
    "- ",
    "  - ",
    "1. ",
    "   ",
    "# ",
    "### ",
    "\\",
    "&amp; ",
    "<b>",
    "<br>",
    "[a b](https://x.y) ",
    "[",
    "](",
    ")",
    "👨‍👩‍👧‍👦",
    "é ",
    "ß漢字。",
    "\n---\n",
    "\n```zzz\n",
    "\n```\n",
    "\n   ```zzz\n   in\n",
    "\n    ~~~~\n",
    "\n- ```zzz\n  ",
    "longlonglonglonglonglonglonglonglong",
    "\t",
    "\r\n",
    "![p](https://i.j/k.png)",
    "> ",
];

const TABLES: [&str; 4] =
    ["\n\n| a | b |\n|---|--:|\n", "| 1 | two words |\n", "| [x](https://y.z) | `c` |\n", "|"];

pub(super) fn markdown() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..120).prop_map(|parts| parts.concat())
}

pub(super) fn anything() -> impl Strategy<Value = String> {
    let parts: Vec<&str> = PARTS.iter().chain(&TABLES).copied().collect();
    let parts = prop::collection::vec(prop::sample::select(parts), 0..120).prop_map(|parts| parts.concat());
    prop_oneof![4 => parts, 1 => any::<String>()]
}

pub(super) fn rules() -> impl Strategy<Value = TextRules> {
    let unit = prop_oneof![Just(Unit::Utf16), Just(Unit::CodePoints), Just(Unit::Bytes)];
    let lines = prop::option::of(3..20_usize);
    (30..400_usize, unit, lines).prop_map(|(max, unit, max_lines)| TextRules {
        max,
        unit,
        max_lines,
        ..TELEGRAM
    })
}

/// Returns what a reader would miss if it were gone: no blanks, no marks of fences and quotes.
fn content(text: &str) -> Vec<&str> {
    let marks = |grapheme: &&str| {
        !grapheme.chars().all(char::is_whitespace) && !["`", "~", ">", "z"].contains(grapheme)
    };
    text.graphemes(true).filter(marks).collect()
}

#[track_caller]
pub(super) fn assert_within(text: &str, rules: &TextRules, what: &str) {
    assert!(count(text, rules.unit) <= rules.max, "{what} is {} long: {text:?}", count(text, rules.unit));
    let lines = text.trim_end().matches('\n').count() + 1;
    assert!(rules.max_lines.is_none_or(|max| lines <= max), "{what} has {lines} lines: {text:?}");
}

#[track_caller]
fn assert_shown_within(piece: &str, rules: &TextRules) {
    assert!(
        piece.trim().is_empty() || !seen(&telegram_html(piece)).trim().is_empty(),
        "nothing is shown of {piece:?}"
    );
    assert_within(piece, rules, "the piece");
    assert_within(&seen(&telegram_html(piece)), rules, "Telegram's rendering");
    assert_within(&plain(piece), rules, "the plain rendering");
    assert_within(&discord(piece), rules, "Discord's rendering");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn telegrams_html_is_always_well_formed(text in anything()) {
        seen(&telegram_html(&text));
    }

    #[test]
    fn renderings_of_text_without_markup_are_the_text(text in "[a-zA-Z,;?! ]{0,60}") {
        prop_assert_eq!(plain(&text).trim().to_owned(), text.trim());
        prop_assert_eq!(discord(&text).trim().to_owned(), text.trim());
        prop_assert_eq!(seen(&telegram_html(&text)).trim().to_owned(), text.trim());
    }

    #[test]
    fn pieces_are_within_the_limits_in_every_rendering(text in anything(), rules in rules()) {
        for piece in split(&text, &rules) {
            prop_assert!(!piece.trim().is_empty());
            assert_shown_within(&piece, &rules);
        }
    }

    #[test]
    fn nothing_is_lost_doubled_or_torn(text in markdown(), rules in rules()) {
        let pieces = split(&text, &rules);
        let joined: Vec<&str> = pieces.iter().flat_map(|piece| content(piece)).collect();
        prop_assert_eq!(joined, content(&text));
    }

    #[test]
    fn drafts_are_within_the_limits(text in anything(), rules in rules()) {
        assert_shown_within(&draft(&text, &rules), &rules);
    }
}
