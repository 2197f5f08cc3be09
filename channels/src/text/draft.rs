//! A growing answer as one message that is edited.

use crate::channel::{TextRules, Unit};

use super::measure::fits;
use super::split::head;

/// Returns what one message shows of an answer that is still being written: all of it, or its head and "…".
///
/// The head stays and the new text waits: a message whose beginning moves cannot be read, and the finished answer
/// is sent whole anyway. An open block of code is closed. Never over the limits of `rules`.
pub fn draft(so_far: &str, rules: &TextRules) -> String {
    // No unit is shorter than a byte or longer than four: what is beyond cannot be shown, and costs time each edit.
    let so_far = so_far[..so_far.ceil_char_boundary(rules.max.saturating_mul(8))].trim_end();
    let closed = close_fence(so_far);
    if fits(&closed, rules) {
        return closed;
    }
    let mut room = *rules;
    for _ in 0..TRIES {
        room.max = room.max.saturating_sub(mark_length(rules.unit));
        room.max_lines = room.max_lines.map(|lines| lines.saturating_sub(2).max(1));
        let marked = mark(&close_fence(&head(so_far, &room)));
        if fits(&marked, rules) {
            return marked;
        }
    }
    head(so_far, rules)
}

fn mark(head: &str) -> String {
    let last = head.rsplit('\n').next().unwrap_or_default().trim();
    let block = last.starts_with(['|', '`', '~', '>']) || last.ends_with(['|', '`', '~']);
    format!("{head}{}…", if block { "\n\n" } else { " " })
}

/// Returns the text with its last block of code closed.
fn close_fence(text: &str) -> String {
    let mut open: Option<(char, usize)> = None;
    for line in text.lines() {
        let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
        let Some(mark) = line.chars().next().filter(|c| "`~".contains(*c)) else { continue };
        let length = line.chars().take_while(|c| *c == mark).count();
        let rest = &line[length..];
        match open {
            None if length >= 3 && !(mark == '`' && rest.contains('`')) => open = Some((mark, length)),
            Some((other, least)) if other == mark && length >= least && rest.trim().is_empty() => open = None,
            _ => {}
        }
    }
    match open {
        Some((mark, length)) => format!("{text}\n{}", String::from(mark).repeat(length)),
        None => text.to_owned(),
    }
}

fn mark_length(unit: Unit) -> usize {
    let mark = "\n\n…";
    match unit {
        Unit::Bytes => mark.len(),
        Unit::Utf16 | Unit::CodePoints => mark.chars().count(),
    }
}

/// How often less of the text is tried.
const TRIES: usize = 4;
