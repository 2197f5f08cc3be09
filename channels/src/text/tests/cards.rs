//! Cards: examples, and that any text stays whole and within the limits.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::super::{CARDS, CardRules, Sheet, card_size, cards, discord, split};
use super::DISCORD;
use super::properties::{anything, assert_within, markdown, rules};
use crate::channel::{TextRules, Unit};

fn of(markdown: &str) -> Option<Vec<Sheet>> {
    cards(markdown, &DISCORD, &CARDS)
}

fn words(count: usize) -> String {
    "several words of a sentence. ".repeat(count)
}

#[test]
fn a_long_answer_with_sections_becomes_cards_and_nothing_else_does() {
    assert_eq!(of("# A\nshort\n# B\nshort"), None, "it fits into one message");
    assert_eq!(of(&words(200)), None, "it has no sections");
    assert_eq!(of(&format!("# Only one\n{}", words(200))), None);
    let text = format!(
        "Hello.\n\n# Plan\nIn short:\n\n## First `step`\n{}\n\n### Detail\nmore\n\nSecond\n---\nend",
        words(90)
    );
    let sheets = of(&text).unwrap();
    assert_eq!(sheets.len(), 1);
    assert_eq!(sheets[0].intro, "Hello.");
    let shown: Vec<(&str, &str)> =
        sheets[0].cards.iter().map(|card| (card.title.as_str(), card.text.as_str())).collect();
    assert_eq!(shown[0], ("Plan", "In short:"));
    assert_eq!(shown[1].0, "First `step`");
    assert!(shown[1].1.ends_with("### Detail\nmore"), "headings within a section stay in it");
    assert_eq!(shown[2], ("Second", "end"));
    assert_eq!(shown.len(), 3);
    assert_eq!(sheets[0].source.replace("\n\n", "\n"), text.replace("\n\n", "\n"));
}

#[test]
fn code_stays_whole_and_what_is_too_much_goes_into_the_next_message() {
    let code = format!("```rust\n{}```", "let value = compute(1);\n".repeat(100));
    let part = |n: usize| format!("## Part {n}\n{}\n\n{code}\n\n", words(40));
    let text = (0..12).map(part).collect::<Vec<_>>().concat();
    let sheets = of(&text).unwrap();
    let all: Vec<_> = sheets.iter().flat_map(|sheet| &sheet.cards).collect();
    assert_eq!(all.len(), 12, "each section is one card");
    assert_eq!(sheets.len(), 12, "two would be more than 6000");
    for (number, card) in all.iter().enumerate() {
        assert_eq!(card.title, format!("Part {number}"));
        assert!(card.text.ends_with(&code));
    }
    let long = format!("## A\n{}\n\n{code}\n\n## B\nend", words(140));
    let sheets = of(&long).unwrap();
    let titles: Vec<_> =
        sheets.iter().flat_map(|sheet| &sheet.cards).map(|card| card.title.as_str()).collect();
    assert_eq!(titles, ["A", "", "B"], "a section that is too long goes on in a card without a title");
    let many = (0..25).map(|n| format!("## {n}\nshort\n\n")).collect::<Vec<_>>().concat();
    assert_eq!(of(&many).unwrap().iter().map(|sheet| sheet.cards.len()).collect::<Vec<_>>(), [10, 10, 5]);
}

#[test]
fn an_odd_heading_costs_nothing() {
    let title = "word ".repeat(80);
    let text = format!("# {title}\nbody\n\n#\n\n# Empty\n\n# Last\n{}", words(100));
    let sheets = of(&text).unwrap();
    assert_eq!(sheets[0].cards[0].title, "", "too long for a title");
    assert!(sheets[0].cards[0].text.starts_with("# word word"));
    assert_eq!((sheets[0].cards[1].title.as_str(), sheets[0].cards[1].text.as_str()), ("Empty", ""));
    let quoted = format!("> # a\n> # b\n\n- # c\n\n```\n# d\n# e\n```\n{}", words(100));
    assert_eq!(of(&quoted), None, "what stands in another block is no section");
}

/// Texts in which headings are likely.
fn sections(body: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let heading = prop::sample::select(vec![
        "# One\n",
        "## *Two* `x`\n",
        "### 3\n",
        "Under\n===\n",
        "##\n",
        "# a ##\n",
    ]);
    prop::collection::vec((heading, body), 0..8).prop_map(|parts| {
        parts.into_iter().flat_map(|(heading, body)| ["\n\n".to_owned(), heading.to_owned(), body]).collect()
    })
}

fn limits() -> impl Strategy<Value = CardRules> {
    (10..60_usize, 60..400_usize, 0..200_usize, 1..5_usize).prop_map(|(title, text, more, most)| CardRules {
        title,
        text,
        all: title + text + more,
        most,
    })
}

/// Returns what a reader would miss: no blanks and no marks of fences, quotes, headings and lines.
fn content(text: &str) -> Vec<&str> {
    let marks = |grapheme: &&str| {
        !grapheme.chars().all(char::is_whitespace)
            && !["`", "~", ">", "z", "#", "=", "-", "\\", "*", "_"].contains(grapheme)
    };
    text.graphemes(true).filter(marks).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cards_are_within_the_limits(text in sections(anything()), rules in rules(), limits in limits()) {
        for sheet in cards(&text, &rules, &limits).unwrap_or_default() {
            assert_within(&sheet.intro, &rules, "the introduction");
            assert_within(&discord(&sheet.intro), &rules, "the introduction on Discord");
            prop_assert!((1..=limits.most).contains(&sheet.cards.len()));
            prop_assert!(sheet.cards.iter().map(card_size).sum::<usize>() <= limits.all);
            for card in &sheet.cards {
                prop_assert!(!card.title.trim().is_empty() || !card.text.trim().is_empty());
                prop_assert!(!card.title.contains('\n'));
                for (part, max) in [(&card.title, limits.title), (&card.text, limits.text)] {
                    let rules = TextRules { max, unit: Unit::Utf16, max_lines: None, ..DISCORD };
                    assert_within(part, &rules, "a part of a card");
                    assert_within(&discord(part), &rules, "a part of a card on Discord");
                }
            }
        }
    }

    #[test]
    fn cards_lose_and_double_nothing(text in sections(markdown()), rules in rules(), limits in limits()) {
        let Some(sheets) = cards(&text, &rules, &limits) else { return Ok(()) };
        let mut shown = String::new();
        for sheet in &sheets {
            shown.push_str(&sheet.intro);
            for card in &sheet.cards {
                shown.push(' ');
                shown.push_str(&card.title);
                shown.push(' ');
                shown.push_str(&card.text);
            }
        }
        prop_assert_eq!(content(&shown), content(&text));
        let sources: Vec<String> = sheets.iter().flat_map(|sheet| split(&sheet.source, &rules)).collect();
        let sources = sources.join(" ");
        prop_assert_eq!(content(&sources), content(&text), "the same in plain messages");
    }
}
