//! Tests of the text functions: examples of each rendering, and properties for any input.

mod cards;
mod golden;
mod properties;
mod rendering;
mod splitting;

use std::time::Duration;

use crate::channel::{TextRules, Unit};

pub(super) const TELEGRAM: TextRules =
    TextRules { max: 4096, unit: Unit::Utf16, max_lines: None, edit_interval: Duration::from_secs(1) };

pub(super) const DISCORD: TextRules = TextRules {
    max: 2000,
    unit: Unit::CodePoints,
    max_lines: Some(17),
    edit_interval: Duration::from_secs(1),
};

/// Returns what a reader of Telegram's HTML sees; panics unless it is well-formed and uses allowed tags only.
pub(super) fn seen(html: &str) -> String {
    let (mut seen, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find('<') {
        seen.push_str(&unescaped(&rest[..at]));
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.to_owned()), "{html}"),
            None => open.push(checked(tag, &open).to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?} left open: {html}");
    seen.push_str(&unescaped(rest));
    seen
}

fn checked<'a>(tag: &'a str, open: &[String]) -> &'a str {
    let (name, attribute) = tag.split_once(' ').unwrap_or((tag, ""));
    let inside = |other: &str| open.iter().any(|tag| tag == other);
    match name {
        "b" | "i" | "s" => assert!(attribute.is_empty() && !inside("code") && !inside("pre"), "{tag}"),
        "blockquote" => assert!(attribute.is_empty() && open.is_empty(), "{tag}"),
        "pre" => assert!(attribute.is_empty() && open.iter().all(|tag| tag == "blockquote"), "{tag}"),
        "code" => {
            let in_pre = open.last().is_some_and(|tag| tag == "pre");
            assert_eq!(in_pre, attribute.starts_with("class=\"language-"), "{tag} in {open:?}");
            assert!(in_pre || open.iter().all(|tag| tag == "blockquote"), "{tag} in {open:?}");
        }
        "a" => {
            let target =
                attribute.strip_prefix("href=\"").and_then(|rest| rest.strip_suffix('"')).expect("href");
            assert!(!target.contains('"') && !inside("a") && !inside("code"), "{tag}");
            let lower = target.to_ascii_lowercase();
            assert!(
                ["http://", "https://", "tg://", "mailto:"].iter().any(|s| lower.starts_with(s)),
                "{tag}"
            );
        }
        _ => panic!("{tag} is not allowed"),
    }
    assert!(!open.iter().any(|other| other == name), "{name} in itself");
    name
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>', '"']), "not escaped: {text}");
    for part in text.split('&').skip(1) {
        assert!(
            ["lt;", "gt;", "amp;", "quot;"].iter().any(|name| part.starts_with(name)),
            "not escaped: {text}"
        );
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
