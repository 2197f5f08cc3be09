//! Long answers with sections as cards, for platforms that have them: a title and a text each, several in a message.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::channel::{TextRules, Unit};
use crate::outbound::Card;

use super::measure::{count, fits};
use super::split::{split, tidy};
use super::{DIALECT, discord};

/// How much the cards of one message hold, in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardRules {
    /// Most of one title.
    pub title: usize,
    /// Most of one text.
    pub text: usize,
    /// Most of all titles and texts together.
    pub all: usize,
    /// Most cards.
    pub most: usize,
}

/// What every platform with cards shows in one message.
///
/// Source: Discord's documentation of embeds; it counts characters, which are never more than UTF-16 units.
pub const CARDS: CardRules = CardRules { title: 256, text: 4096, all: 6000, most: 10 };

/// One message that is shown as cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Markdown above the cards that keeps to the platform's [`TextRules`]; often empty.
    pub intro: String,
    /// The cards, one at least.
    pub cards: Vec<Card>,
    /// The same as one Markdown text, for whoever cannot show the cards. It may be longer than a message.
    pub source: String,
}

/// Returns the messages of a long answer with sections, each within `limits`; `None` for what fits into one message
/// of `rules` and for what has fewer than two headings.
///
/// A section is what stands under a heading of the level on which there are several. Its heading becomes the card's
/// title, headings within it stay where they are. Blocks of code and tables stay whole where they fit into a card.
/// Nothing but white space and the marks of headings is lost.
pub fn cards(markdown: &str, rules: &TextRules, limits: &CardRules) -> Option<Vec<Sheet>> {
    let markdown = tidy(markdown);
    if fits(markdown, rules) {
        return None;
    }
    let heads = headings(markdown);
    let level = section_level(&heads)?;
    let starts: Vec<&Heading> = heads.iter().filter(|head| head.level <= level).collect();
    let mut stack = Stack { limits: *limits, sheets: vec![Sheet::default()], used: 0 };
    let before = tidy(&markdown[..starts[0].range.start]);
    if !before.is_empty() && fits(before, rules) {
        stack.introduce(before);
    } else {
        stack.section("", "", before);
    }
    for (index, head) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(markdown.len(), |next| next.range.start);
        let source = markdown[head.range.clone()].trim_end();
        let title = head.title(markdown);
        let body = &markdown[head.range.end..end];
        if size(&title) <= limits.title {
            stack.section(source, &title, body);
        } else {
            stack.section("", "", &markdown[head.range.start..end]);
        }
    }
    stack.sheets.retain(|sheet| !sheet.cards.is_empty());
    Some(stack.sheets).filter(|sheets| !sheets.is_empty())
}

/// Returns how much of a message's allowance a card takes, as it stands or rendered.
pub fn card_size(card: &Card) -> usize {
    size(&card.title) + size(&card.text)
}

fn size(markdown: &str) -> usize {
    count(markdown, Unit::Utf16).max(count(&discord(markdown), Unit::Utf16))
}

/// The messages in the making.
struct Stack {
    limits: CardRules,
    sheets: Vec<Sheet>,
    /// What the last one's cards take.
    used: usize,
}

impl Stack {
    fn introduce(&mut self, text: &str) {
        if let Some(sheet) = self.sheets.last_mut() {
            text.clone_into(&mut sheet.intro);
            text.clone_into(&mut sheet.source);
        }
    }

    /// Adds a section as one card, or as several where it is long. `heading` is the title as it was written.
    fn section(&mut self, heading: &str, title: &str, body: &str) {
        let rules = TextRules {
            max: self.limits.text,
            unit: Unit::Utf16,
            max_lines: None,
            edit_interval: std::time::Duration::ZERO,
        };
        let mut pieces = split(body, &rules);
        if pieces.is_empty() && !title.trim().is_empty() {
            pieces.push(String::new());
        }
        for (index, text) in pieces.into_iter().enumerate() {
            let (heading, title) = if index == 0 { (heading, title.trim()) } else { ("", "") };
            self.add(heading, Card { title: title.to_owned(), text });
        }
    }

    fn add(&mut self, heading: &str, card: Card) {
        let size = card_size(&card);
        let full = self.sheets.last().is_none_or(|sheet| {
            !sheet.cards.is_empty()
                && (sheet.cards.len() >= self.limits.most || self.used + size > self.limits.all)
        });
        if full {
            self.sheets.push(Sheet::default());
            self.used = 0;
        }
        self.used += size;
        if let Some(sheet) = self.sheets.last_mut() {
            for part in [heading, &card.text].into_iter().filter(|part| !part.is_empty()) {
                if !sheet.source.is_empty() {
                    sheet.source.push_str("\n\n");
                }
                sheet.source.push_str(part);
            }
            sheet.cards.push(card);
        }
    }
}

/// A heading that stands in no other block.
#[derive(Debug)]
struct Heading {
    level: HeadingLevel,
    /// From the beginning of its line to its end.
    range: Range<usize>,
    /// What it says, with its markup; `None`: nothing.
    content: Option<Range<usize>>,
}

impl Heading {
    fn title(&self, text: &str) -> String {
        let content = self.content.clone().and_then(|content| text.get(content)).unwrap_or_default();
        content.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

fn headings(text: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let (mut depth, mut inside) = (0_usize, false);
    for (event, range) in Parser::new_ext(text, DIALECT).into_offset_iter() {
        match &event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                let start = text[..range.start].rfind('\n').map_or(0, |feed| feed + 1);
                found.push(Heading { level: *level, range: start..range.end, content: None });
                inside = true;
            }
            Event::End(TagEnd::Heading(_)) if depth == 1 => inside = false,
            _ if inside => {
                if let Some(head) = found.last_mut() {
                    let known = head.content.get_or_insert_with(|| range.clone());
                    *known = known.start.min(range.start)..known.end.max(range.end);
                }
            }
            _ => {}
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Returns the highest level that has, with those above it, two headings at least.
fn section_level(heads: &[Heading]) -> Option<HeadingLevel> {
    let mut levels: Vec<HeadingLevel> = heads.iter().map(|head| head.level).collect();
    levels.sort_unstable();
    levels.get(1).copied()
}
