//! `parse_mode=Markdown`, the old one: no nesting, and a lone mark is an error.

use serde_json::json;

use super::{Entity, Formatted, units};

/// Reads old Markdown.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut out = Formatted::default();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        if letter == '\\'
            && let Some(next) = rest.chars().nth(1).filter(|next| "_*`[".contains(*next))
        {
            out.text.push(next);
            at += 2;
        } else if "_*`[".contains(letter) {
            at += entity(rest, &mut out)
                .ok_or_else(|| format!("Can't find end of the entity starting at byte offset {at}"))?;
        } else {
            out.text.push(letter);
            at += letter.len_utf8();
        }
    }
    Ok(out)
}

/// Reads one entity; returns how many bytes it took.
fn entity(rest: &str, out: &mut Formatted) -> Option<usize> {
    let (mark, end_mark, kind) = match rest.as_bytes()[0] {
        b'_' => ("_", "_", "italic"),
        b'*' => ("*", "*", "bold"),
        b'[' => ("[", "]", "text_link"),
        _ if rest.starts_with("```") => ("```", "```", "pre"),
        _ => ("`", "`", "code"),
    };
    let inner = &rest[mark.len()..];
    let end = inner.find(end_mark)?;
    let mut length = mark.len() + end + end_mark.len();
    let mut text = &inner[..end];
    let mut extra = None;
    if kind == "pre" {
        if let Some((language, body)) = text.split_once('\n') {
            text = body;
            extra = (!language.is_empty()).then(|| ("language", json!(language)));
        }
    } else if kind == "text_link" {
        let address = rest[length..].strip_prefix('(').and_then(|after| after.split_once(')'));
        if let Some((url, _)) = address {
            length += url.len() + 2;
            extra = Some(("url", json!(url)));
        }
    }
    let offset = units(&out.text);
    out.text.push_str(text);
    let mut entity = Entity::new(kind, offset, units(&out.text));
    entity.extra = extra;
    if entity.length > 0 && (kind != "text_link" || entity.extra.is_some()) {
        out.entities.push(entity);
    }
    Some(length)
}
