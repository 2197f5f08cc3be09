//! Splits long answers at the borders that a reader would choose.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channel::TextRules;

use super::measure::{Overshoot, count, fits, overshoot};
use super::outline::{Outline, Whole};

/// Splits `markdown` into messages that each keep to `rules`, as they stand and rendered.
///
/// Cuts are made between paragraphs, else between lines, sentences, words, and never within a grapheme that fits
/// into a message. Blocks of code and tables stay whole where they fit into one message; longer ones are closed and
/// opened again, with language or head. Nothing else is added, and nothing but white space at the borders is lost.
/// A text without anything to show has no pieces.
pub fn split(markdown: &str, rules: &TextRules) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = tidy(markdown).to_owned();
    while !rest.is_empty() {
        if fits(&rest, rules) {
            pieces.push(rest);
            break;
        }
        let (piece, next) = cut(&rest, rules);
        pieces.push(piece);
        rest = next;
    }
    pieces.retain(|piece| !is_bare(piece));
    pieces
}

/// Returns whether a text is nothing but empty lines and fences around them.
fn is_bare(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
        let rest = line.trim_start_matches(['`', '~']);
        line.is_empty() || (line.len() - rest.len() >= 3 && !rest.contains('`'))
    })
}

/// Returns the first message of a text.
pub(super) fn head(markdown: &str, rules: &TextRules) -> String {
    let text = tidy(markdown);
    if fits(text, rules) { text.to_owned() } else { cut(text, rules).0 }
}

/// Cuts off the first message.
fn cut(rest: &str, rules: &TextRules) -> (String, String) {
    let reach = reach(rest, rules);
    let outline = Outline::read(&rest[..rest.ceil_char_boundary(reach * 2 + SLACK)]);
    let mut limit = reach;
    let mut tries = 0;
    while limit > 0 {
        limit = before_whole(rest, &outline, limit, rules);
        let Some(at) = outline.best(limit) else { break };
        let (piece, next) = cut_at(rest, at, &outline, rules);
        match overshoot(&piece, rules) {
            // A mark that is repeated must not be longer than what was cut off.
            None if next.len() < rest.len() => return (piece, next),
            None => limit = rest.floor_char_boundary(at - 1),
            Some(by) => limit = shorter(rest, at, by, tries),
        }
        tries += 1;
    }
    cut_anywhere(rest, reach, rules)
}

/// Cuts off as much as fits, where no border was good enough.
fn cut_anywhere(rest: &str, reach: usize, rules: &TextRules) -> (String, String) {
    let parts = |at: usize| (tidy(&rest[..at]).to_owned(), tidy(&rest[at..]).to_owned());
    let mut at = reach;
    while at > 0 {
        let (piece, next) = parts(at);
        if fits(&piece, rules) {
            return (piece, next);
        }
        at = rest[..rest.floor_char_boundary(at / 2 + 1)]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(start, _)| start);
    }
    // The first grapheme alone is longer than a message.
    parts(first_chars(rest.graphemes(true).next().unwrap_or_default(), rules))
}

/// Returns how far the first message can reach at most.
fn reach(rest: &str, rules: &TextRules) -> usize {
    let (mut units, mut lines, mut at) = (0, 1, 0);
    for grapheme in rest.graphemes(true) {
        units += count(grapheme, rules.unit);
        if units > rules.max || rules.max_lines.is_some_and(|max| lines > max) {
            break;
        }
        at += grapheme.len();
        lines += usize::from(grapheme.contains('\n'));
    }
    // White space at the border is not sent.
    at + rest[at..].len() - rest[at..].trim_start().len()
}

/// Moves a limit that lies within a block to the block's beginning, if the block fits into a message of its own.
fn before_whole(rest: &str, outline: &Outline, limit: usize, rules: &TextRules) -> usize {
    match outline.whole_around(limit) {
        Some(whole) if whole.range.start > 0 && fits(&rest[whole.range.clone()], rules) => whole.range.start,
        _ => limit,
    }
}

/// Returns a limit that leaves off what was too much.
fn shorter(rest: &str, at: usize, by: Overshoot, tries: usize) -> usize {
    if tries >= PRECISE_TRIES {
        return rest.floor_char_boundary(at / 2);
    }
    let mut limit = rest.floor_char_boundary(at.saturating_sub(by.units.max(1)));
    for _ in 0..by.lines {
        limit = limit.min(rest[..limit].trim_end_matches('\n').rfind('\n').unwrap_or_default());
    }
    limit
}

fn cut_at(rest: &str, at: usize, outline: &Outline, rules: &TextRules) -> (String, String) {
    let (head, tail) = rest.split_at(at);
    if let Some(whole) = outline.whole_at(at)
        && rules.max_lines.is_none_or(|max| max >= LEAST_LINES)
        && count(&whole.opening, rules.unit) <= rules.max / 2
    {
        return reopen(rest, at, whole);
    }
    let piece = tidy(head).to_owned();
    if outline.between_blocks(at) {
        return (piece, tidy(tail).to_owned());
    }
    let quote = if !head.ends_with('\n') && outline.in_quote(at) { "> " } else { "" };
    (piece, format!("{quote}{}", outdented(tail)))
}

/// Cuts within a block: closes it, and opens it again in the next message.
fn reopen(rest: &str, at: usize, whole: &Whole) -> (String, String) {
    let head = &rest[..at];
    let head = head.strip_suffix('\n').unwrap_or(head);
    let head = head.strip_suffix('\r').unwrap_or(head);
    let piece = match whole.closing.as_str() {
        "" => head.trim_end().to_owned(),
        closing => format!("{head}\n{}{closing}", whole.prefix),
    };
    if whole.prefix.is_empty() {
        return (tidy(&piece).to_owned(), format!("{}{}", whole.opening, &rest[at..]));
    }
    // In a list or quote: the rest of the block leaves it, for it has no item to stand in any more.
    let end = end_of(rest, whole);
    let mut next = whole.opening.clone();
    for (index, line) in rest[at..end.body].split_inclusive('\n').enumerate() {
        let full = index > 0 || rest[..at].ends_with('\n');
        next.push_str(if full { unprefixed(line, &whole.prefix) } else { line });
    }
    if !next.ends_with('\n') {
        next.push('\n');
    }
    next.push_str(&whole.closing);
    next.push('\n');
    next.push_str(&outdented(&rest[end.block..]));
    (tidy(&piece).to_owned(), tidy(&next).to_owned())
}

struct End {
    body: usize,
    block: usize,
}

/// Returns where a block ends, which may be beyond what the outline has read.
fn end_of(rest: &str, whole: &Whole) -> End {
    let start = whole.range.start;
    let known = Outline::read(&rest[..rest.ceil_char_boundary(whole.range.end + SLACK)]);
    let same = |outline: &Outline| {
        let whole = outline.whole_starting(start)?;
        Some(End { body: whole.body.end, block: whole.range.end.max(whole.body.end) })
    };
    let seen = same(&known).filter(|end| end.block + SLACK / 2 < whole.range.end + SLACK);
    seen.or_else(|| same(&Outline::read(rest)))
        .unwrap_or(End { body: whole.body.end, block: whole.range.end })
}

/// Returns a line without what stands before it in its list or quote.
fn unprefixed<'a>(line: &'a str, prefix: &str) -> &'a str {
    let mut line = line;
    for mark in prefix.chars() {
        line = match mark {
            '>' => line.trim_start_matches([' ', '\t']).strip_prefix('>').unwrap_or(line),
            _ => line.strip_prefix([' ', '\t']).unwrap_or(line),
        };
    }
    line
}

/// Returns text whose first line is not indented, and the lines that belong to it by as much less.
fn outdented(text: &str) -> String {
    let text = without_blank_lines(text);
    let indent = text.len() - text.trim_start().len();
    if indent == 0 {
        return text.trim_end().to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut belongs = true;
    for line in text.split_inclusive('\n') {
        belongs &= line.trim().is_empty() || line.starts_with([' ', '\t']);
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        out.push_str(if belongs { &line[blanks.min(indent)..] } else { line });
    }
    out.trim().to_owned()
}

/// Returns text without empty lines before it and white space after it; indentation has a meaning and stays.
pub(super) fn tidy(text: &str) -> &str {
    without_blank_lines(text).trim_end()
}

fn without_blank_lines(text: &str) -> &str {
    let content = text.len() - text.trim_start().len();
    let start = text[..content].rfind('\n').map_or(0, |at| at + 1);
    &text[start..]
}

fn first_chars(grapheme: &str, rules: &TextRules) -> usize {
    let mut at = 0;
    for c in grapheme.chars() {
        let next = at + c.len_utf8();
        if at > 0 && count(&grapheme[..next], rules.unit) > rules.max {
            break;
        }
        at = next;
    }
    at
}

/// How much further than one message is read, in bytes, to see where a construct ends.
const SLACK: usize = 1024;

/// How often a cut is moved by as little as needed, before it is moved far.
const PRECISE_TRIES: usize = 12;

/// Fewer lines have no room for a block between its first and last line.
const LEAST_LINES: usize = 4;
