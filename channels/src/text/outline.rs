//! Where a Markdown text may be cut, and what has to be closed and opened again there.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation as _;

use super::DIALECT;

/// How good a place is for a cut, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Border {
    /// Between paragraphs, lists, tables, blocks of code.
    Block,
    /// Between the items of a list, at an empty line in code, after a heading or a line that ends with a colon.
    Part,
    /// Between lines.
    Line,
    /// Between sentences.
    Sentence,
    /// Between words.
    Word,
    /// Anywhere but within what is seen as one character.
    Grapheme,
}

impl Border {
    /// All, best first.
    pub(super) const ALL: [Self; 6] =
        [Self::Block, Self::Part, Self::Line, Self::Sentence, Self::Word, Self::Grapheme];
}

/// A block that loses its meaning when it is cut, unless it is closed and opened again.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    /// From the beginning of its first line to its end.
    pub(super) range: Range<usize>,
    /// Where it may be cut.
    pub(super) body: Range<usize>,
    /// What opens it again, with a line feed.
    pub(super) opening: String,
    /// What closes it, without the prefix; empty for tables.
    pub(super) closing: String,
    /// What stands before each of its lines: the indentation of a list, the marks of a quote.
    pub(super) prefix: String,
}

/// The structure of the beginning of a text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// In order of their places.
    borders: Vec<(usize, Border)>,
    wholes: Vec<Whole>,
    /// Links, bold text and the like: a cut in them would show their marks.
    spans: Vec<Range<usize>>,
    quotes: Vec<Range<usize>>,
}

impl Outline {
    /// Reads `text`.
    pub(super) fn read(text: &str) -> Self {
        let mut outline = Self::default();
        let mut depth = 0_usize;
        let mut after_heading = false;
        for (event, range) in Parser::new_ext(text, DIALECT).into_offset_iter() {
            if starts_block(&event) {
                let at = line_start(text, range.start);
                let introduced = after_heading || text[..at].trim_end().ends_with(':');
                outline.borders.push((at, border_before(&event, depth, introduced)));
                after_heading = false;
            }
            match &event {
                Event::Start(tag) => outline.begin(text, tag, range, depth),
                Event::End(TagEnd::Heading(_)) => after_heading = true,
                Event::Code(_) => outline.spans.push(range),
                _ => {}
            }
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        outline.add_lines(text);
        outline.add_words(text);
        outline.borders.sort_unstable();
        outline
    }

    /// Returns the best place for a cut at or before `limit` and after 0.
    pub(super) fn best(&self, limit: usize) -> Option<usize> {
        let enough = limit / 3;
        let good = |class: Border, least: usize| {
            let places =
                self.borders.iter().filter(|(at, border)| *border <= class && (1..=limit).contains(at));
            places.map(|(at, _)| *at).filter(|at| *at >= least && self.allows(*at, class)).max()
        };
        let preferred = Border::ALL.into_iter().find_map(|class| good(class, enough.max(1)));
        preferred.or_else(|| Border::ALL.into_iter().rev().find_map(|class| good(class, 1)))
    }

    /// Returns the block that `at` lies in, so that a cut there has to close it.
    pub(super) fn whole_at(&self, at: usize) -> Option<&Whole> {
        self.before(at).filter(|whole| whole.body.start < at && at < whole.body.end)
    }

    /// Returns the block that a cut at `at` would hurt, also within its first and last lines.
    pub(super) fn whole_around(&self, at: usize) -> Option<&Whole> {
        self.before(at).filter(|whole| at < whole.range.end)
    }

    /// Returns the last block that begins before `at`: they stand in order and none is in another.
    fn before(&self, at: usize) -> Option<&Whole> {
        let count = self.wholes.partition_point(|whole| whole.range.start < at);
        self.wholes[..count].last()
    }

    /// Returns the block whose first line begins at `at`.
    pub(super) fn whole_starting(&self, at: usize) -> Option<&Whole> {
        self.wholes.iter().find(|whole| whole.range.start == at)
    }

    /// Returns whether `at` lies in a quote.
    pub(super) fn in_quote(&self, at: usize) -> bool {
        self.quotes.iter().any(|quote| quote.start < at && at < quote.end)
    }

    /// Returns whether the cut is one between blocks, so that indentation after it has a meaning.
    pub(super) fn between_blocks(&self, at: usize) -> bool {
        self.borders.iter().any(|(border, class)| *border == at && *class == Border::Block)
    }

    fn allows(&self, at: usize, class: Border) -> bool {
        let hurts = self.whole_around(at).is_some_and(|whole| at <= whole.body.start || at >= whole.body.end);
        let in_span = self.spans.iter().any(|span| span.start < at && at < span.end);
        !hurts && (class == Border::Grapheme || !in_span)
    }

    fn begin(&mut self, text: &str, tag: &Tag<'_>, range: Range<usize>, depth: usize) {
        match tag {
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.wholes.extend(fence(text, &range)),
            Tag::Table(_) if depth == 0 => self.wholes.extend(table(text, &range)),
            Tag::BlockQuote(_) => self.quotes.push(range),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } => {
                self.spans.push(range);
            }
            _ => {}
        }
    }

    fn add_lines(&mut self, text: &str) {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let blank = line.trim().is_empty();
            at += line.len();
            self.borders.push((at, if blank { Border::Part } else { Border::Line }));
        }
    }

    fn add_words(&mut self, text: &str) {
        for (at, _) in text.split_sentence_bound_indices() {
            if self.whole_at(at).is_none() && !begins_markup(&text[at..]) {
                self.borders.push((at, Border::Sentence));
            }
        }
        let mut blank = false;
        let mut escaped = false;
        for (at, grapheme) in text.grapheme_indices(true) {
            let is_blank = grapheme.chars().all(char::is_whitespace);
            let word = blank && !is_blank && (self.whole_at(at).is_some() || !begins_markup(&text[at..]));
            // After a backslash the next character has lost its meaning; it would get it back.
            if !escaped {
                self.borders.push((at, if word { Border::Word } else { Border::Grapheme }));
            }
            blank = is_blank;
            escaped = !escaped && grapheme == "\\";
        }
    }
}

fn starts_block(event: &Event<'_>) -> bool {
    let Event::Start(tag) = event else { return matches!(event, Event::Rule) };
    matches!(
        tag,
        Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Item
            | Tag::Table(_)
    )
}

/// Returns how good a cut is before a block, that many blocks deep.
fn border_before(event: &Event<'_>, depth: usize, introduced: bool) -> Border {
    match (depth, event) {
        (0, _) if !introduced => Border::Block,
        (0, _) | (1, Event::Start(Tag::Item)) => Border::Part,
        _ => Border::Line,
    }
}

/// Returns whether words would become markup at the beginning of a line.
fn begins_markup(text: &str) -> bool {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < text.len() && number.starts_with(['.', ')']);
    let word = text.split_whitespace().next().unwrap_or_default();
    let marks = !word.is_empty() && word.chars().all(|c| "-+*#=_".contains(c));
    numbered || marks || ["```", "~~~", ">"].iter().any(|mark| text.starts_with(mark))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |feed| feed + 1)
}

/// Returns how a fence is cut; nothing if it has no lines or its first line is oddly long.
fn fence(text: &str, range: &Range<usize>) -> Option<Whole> {
    let block = text.get(range.clone())?;
    let mark = block.chars().next().filter(|c| "`~".contains(*c))?;
    let marks: String = block.chars().take_while(|c| *c == mark).collect();
    let first = block.find('\n')? + 1;
    let opening = format!("{}\n", block[..first].trim_end());
    if opening.len() > LONGEST_OPENING {
        return None;
    }
    let content = block.trim_end();
    let last = content.rfind('\n').map_or(0, |at| at + 1);
    let last_line = content[last..].trim_start_matches(|c: char| c == '>' || c.is_whitespace());
    let closed = last >= first && last_line.starts_with(&marks) && last_line.chars().all(|c| c == mark);
    let body = range.start + first..if closed { range.start + last } else { range.end };
    let start = line_start(text, range.start);
    let prefix: String = text[start..range.start].chars().map(|c| if c == '>' { c } else { ' ' }).collect();
    Some(Whole { range: start..range.start + content.len(), body, opening, closing: marks, prefix })
}

/// Returns how a table is cut: its head is repeated.
fn table(text: &str, range: &Range<usize>) -> Option<Whole> {
    let block = text.get(range.clone())?;
    let head = block.find('\n')? + 1;
    let first = head + block[head..].find('\n')? + 1;
    let opening = block[..first].to_owned();
    let body = range.start + first..range.start + block.trim_end().len();
    let fits = opening.len() <= LONGEST_OPENING && !body.is_empty();
    let range = range.start..body.end;
    fits.then(|| Whole { range, body, opening, closing: String::new(), prefix: String::new() })
}

/// Longer first lines are not repeated, in bytes.
const LONGEST_OPENING: usize = 300;
