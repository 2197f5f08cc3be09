//! The HTML of `parse_mode=HTML`: few tags, every one closed, byte offsets in the errors.

use serde_json::json;

use super::{Entity, Formatted};

/// An open tag.
struct Open {
    name: String,
    /// The attribute that matters: address, class, language, emoji.
    argument: String,
    offset: usize,
}

/// Reads HTML.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut out = Formatted::default();
    let mut offset = 0;
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        if letter == '&'
            && let Some((decoded, length)) = reference(rest)
        {
            out.text.push(decoded);
            offset += decoded.len_utf16();
            at += length;
        } else if let Some(end_tag) = rest.strip_prefix("</") {
            let length = end_tag.find('>').ok_or_else(|| format!("Unclosed end tag at byte offset {at}"))?;
            close(&mut open, &mut out, end_tag[..length].trim(), at, offset)?;
            at += length + 3;
        } else if letter == '<' {
            let (tag, length) = start_tag(rest, at, offset)?;
            open.push(tag);
            at += length;
        } else {
            out.text.push(letter);
            offset += letter.len_utf16();
            at += letter.len_utf8();
        }
    }
    match open.last() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", tag.name)),
        None => Ok(out),
    }
}

/// Reads `&lt;` and its like; returns the letter and how many bytes it took.
fn reference(rest: &str) -> Option<(char, usize)> {
    let end = rest.find(';').filter(|end| *end < 12)?;
    let name = &rest[1..end];
    let letter = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x').or_else(|| number.strip_prefix('X')) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|letter| *letter != '\0')?
        }
    };
    Some((letter, end + 1))
}

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
    "tg-time",
];

/// Reads a start tag; returns it and how many bytes it took.
fn start_tag(rest: &str, at: usize, offset: usize) -> Result<(Open, usize), String> {
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let name_end = rest[1..].find(|c: char| c.is_whitespace() || c == '>').ok_or_else(unclosed)? + 1;
    let name = rest[1..name_end].to_lowercase();
    if !TAGS.contains(&name.as_str()) {
        return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
    }
    let mut tag = Open { name, argument: String::new(), offset };
    let mut position = name_end;
    loop {
        position += rest[position..].len() - rest[position..].trim_start().len();
        let left = &rest[position..];
        if left.starts_with('>') {
            break;
        }
        let end = left.find(|c: char| c.is_whitespace() || c == '=' || c == '>').ok_or_else(unclosed)?;
        if end == 0 {
            return Err(format!("Empty attribute name in the tag \"{}\" at byte offset {at}", tag.name));
        }
        let attribute = left[..end].to_lowercase();
        position += end;
        let Some(value) = rest[position..].strip_prefix('=') else {
            keep(&mut tag, &attribute, "");
            continue;
        };
        let (value, length) = attribute_value(value).ok_or_else(unclosed)?;
        position += 1 + length;
        keep(&mut tag, &attribute, &value);
    }
    if tag.name == "span" && tag.argument != "tg-spoiler" {
        return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"));
    }
    Ok((tag, position + 1))
}

/// Reads an attribute's value; returns it and how many bytes it took.
fn attribute_value(value: &str) -> Option<(String, usize)> {
    let quote = value.chars().next()?;
    if !['"', '\''].contains(&quote) {
        let end = value.find(|c: char| c.is_whitespace() || c == '>')?;
        return Some((value[..end].to_lowercase(), end));
    }
    let end = value[1..].find(quote)? + 1;
    let mut text = String::new();
    let mut at = 1;
    while at < end {
        let rest = &value[at..end];
        let letter = rest.chars().next()?;
        if letter == '&'
            && let Some((decoded, length)) = reference(rest)
        {
            text.push(decoded);
            at += length;
        } else {
            text.push(letter);
            at += letter.len_utf8();
        }
    }
    Some((text, end + 1))
}

fn keep(tag: &mut Open, attribute: &str, value: &str) {
    match (tag.name.as_str(), attribute) {
        ("a", "href") | ("span", "class") | ("tg-emoji", "emoji-id") => value.clone_into(&mut tag.argument),
        ("code", "class") => {
            value.strip_prefix("language-").unwrap_or_default().clone_into(&mut tag.argument);
        }
        ("blockquote", "expandable") => "expandable".clone_into(&mut tag.argument),
        _ => {}
    }
}

/// Closes the innermost tag.
fn close(open: &mut Vec<Open>, out: &mut Formatted, name: &str, at: usize, end: usize) -> Result<(), String> {
    let Some(tag) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {at}"));
    };
    if !name.is_empty() && !name.eq_ignore_ascii_case(&tag.name) {
        let expected = &tag.name;
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{expected}>\", found \"</{name}>\""
        ));
    }
    if end <= tag.offset {
        return Ok(());
    }
    let kind = match tag.name.as_str() {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "s" | "strike" | "del" => "strikethrough",
        "u" | "ins" => "underline",
        "tg-spoiler" | "span" => "spoiler",
        "tg-emoji" => "custom_emoji",
        "a" => "text_link",
        "pre" => "pre",
        "code" => "code",
        "blockquote" if tag.argument == "expandable" => "expandable_blockquote",
        "blockquote" => "blockquote",
        _ => return Ok(()),
    };
    let mut entity = Entity::new(kind, tag.offset, end);
    match kind {
        "text_link" => {
            let shown = &out.text[out.text.len() - tail(&out.text, end - tag.offset)..];
            let url = if tag.argument.is_empty() { shown.to_owned() } else { tag.argument };
            return link(out, entity, &url);
        }
        "custom_emoji" => entity.extra = Some(("custom_emoji_id", json!(tag.argument))),
        "code" if !tag.argument.is_empty() => entity.extra = Some(("language", json!(tag.argument))),
        "pre" => {
            // <pre><code class="language-…"> is one block with a language.
            let inner = out.entities.iter().position(|code| {
                code.kind == "code" && code.offset == tag.offset && code.length == end - tag.offset
            });
            if let Some(inner) = inner {
                entity.extra = out.entities.remove(inner).extra;
            }
        }
        _ => {}
    }
    if kind == "code" && open.last().is_none_or(|outer| outer.name != "pre") {
        entity.extra = None;
    }
    out.entities.push(entity);
    Ok(())
}

/// Adds a link; an address that is none leaves only the text, as Telegram does.
#[expect(clippy::unnecessary_wraps, reason = "ends `close`")]
fn link(out: &mut Formatted, mut entity: Entity, url: &str) -> Result<(), String> {
    if let Some(id) = url.strip_prefix("tg://user?id=").and_then(|id| id.parse::<i64>().ok()) {
        "text_mention".clone_into(&mut entity.kind);
        entity.extra = Some(("user", json!({ "id": id, "is_bot": false, "first_name": "?" })));
        out.entities.push(entity);
    } else if url.contains("://") || url.starts_with("mailto:") || url.contains('.') {
        let url = if url.contains(':') { url.to_owned() } else { format!("http://{url}") };
        entity.extra = Some(("url", json!(with_path(&url))));
        out.entities.push(entity);
    }
    Ok(())
}

/// Adds the slash that an address without a path gets.
fn with_path(url: &str) -> String {
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.is_empty() || host.contains(['/', '?', '#']) { url.to_owned() } else { format!("{url}/") }
}

/// Returns how many bytes the last `units` UTF-16 units take.
fn tail(text: &str, units: usize) -> usize {
    let mut left = units;
    let letters = text.chars().rev().take_while(|letter| {
        let taken = left > 0;
        left = left.saturating_sub(letter.len_utf16());
        taken
    });
    letters.map(char::len_utf8).sum()
}
