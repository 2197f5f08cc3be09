//! `parse_mode=MarkdownV2`: every reserved character outside an entity must be escaped.

use serde_json::json;

use super::{Entity, Formatted, units};

const RESERVED: &str = "_*[]()~`>#+-=|{}.!\n";

/// An entity that has begun.
struct Open {
    kind: &'static str,
    argument: String,
    at_byte: usize,
    offset: usize,
    text_at: usize,
}

/// Names of the kinds in error messages.
fn spoken(kind: &str) -> &'static str {
    match kind {
        "bold" => "Bold",
        "italic" => "Italic",
        "underline" => "Underline",
        "strikethrough" => "Strikethrough",
        "spoiler" => "Spoiler",
        "code" => "Code",
        "pre" => "Pre",
        "custom_emoji" => "CustomEmoji",
        "blockquote" => "BlockQuote",
        _ => "TextUrl",
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    out: Formatted,
    open: Vec<Open>,
    quote: Option<usize>,
    line_start: bool,
}

/// Reads `MarkdownV2`.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut reader =
        Reader { source, at: 0, out: Formatted::default(), open: Vec::new(), quote: None, line_start: true };
    while let Some(letter) = source[reader.at..].chars().next() {
        reader.step(letter)?;
    }
    if let Some(open) = reader.open.last() {
        return Err(format!(
            "Can't find end of {} entity at byte offset {}",
            spoken(open.kind),
            open.at_byte
        ));
    }
    reader.end_quote(false);
    Ok(reader.out)
}

impl Reader<'_> {
    fn step(&mut self, letter: char) -> Result<(), String> {
        let rest = &self.source[self.at..];
        if letter == '\\'
            && let Some(next) = rest[1..].chars().next().filter(|next| ('\u{1}'..='\u{7e}').contains(next))
        {
            self.put(next);
            self.at += 2;
            return Ok(());
        }
        let verbatim = self.open.last().is_some_and(|open| ["code", "pre"].contains(&open.kind));
        if (verbatim && letter != '`') || !RESERVED.contains(letter) {
            self.put(letter);
            self.at += letter.len_utf8();
            return Ok(());
        }
        if let Some(length) = self.end_mark(rest) {
            return self.end(length);
        }
        if verbatim {
            self.put(letter);
            self.at += 1;
            return Ok(());
        }
        if letter == '\n' {
            if self.quote.is_some() && !rest[1..].starts_with('>') {
                self.end_quote(false);
            }
            self.put(letter);
            self.at += 1;
            self.line_start = true;
            return Ok(());
        }
        self.begin(letter, rest)
    }

    fn put(&mut self, letter: char) {
        self.out.text.push(letter);
        self.line_start = letter == '\n';
    }

    /// Returns the length of the mark that ends the innermost entity, if it stands here.
    fn end_mark(&self, rest: &str) -> Option<usize> {
        let mark = match self.open.last()?.kind {
            "bold" => "*",
            "italic" if rest.starts_with("__") => return None,
            "italic" => "_",
            "underline" => "__",
            "strikethrough" => "~",
            "spoiler" => "||",
            "code" => "`",
            "pre" => "```",
            _ => "]",
        };
        rest.starts_with(mark).then_some(mark.len())
    }

    fn begin(&mut self, letter: char, rest: &str) -> Result<(), String> {
        let reserved =
            || Err(format!("Character '{letter}' is reserved and must be escaped with the preceding '\\'"));
        let (kind, length) = match letter {
            '_' if rest.starts_with("__") => ("underline", 2),
            '_' => ("italic", 1),
            '*' if rest.starts_with("**>") && self.line_start => {
                self.at += 2;
                return Ok(());
            }
            '*' => ("bold", 1),
            '~' => ("strikethrough", 1),
            '|' if self.quote.is_some() && (rest == "||" || rest.starts_with("||\n")) => {
                self.at += 2;
                self.end_quote(true);
                return Ok(());
            }
            '|' if rest.starts_with("||") => ("spoiler", 2),
            '[' => ("text_link", 1),
            '!' if rest.starts_with("![") => ("custom_emoji", 2),
            '`' if rest.starts_with("```") => ("pre", 3),
            '`' => ("code", 1),
            '>' if self.line_start => {
                self.at += 1;
                self.line_start = false;
                let here = units(&self.out.text);
                self.quote.get_or_insert(here);
                return Ok(());
            }
            _ => return reserved(),
        };
        let offset = units(&self.out.text);
        let mut open =
            Open { kind, argument: String::new(), at_byte: self.at, offset, text_at: self.out.text.len() };
        self.at += length;
        self.line_start = false;
        if kind == "pre" {
            self.language(&mut open);
        }
        self.open.push(open);
        Ok(())
    }

    /// Reads the language after three backticks, and the line's end.
    fn language(&mut self, open: &mut Open) {
        let rest = &self.source[self.at..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '`').unwrap_or(rest.len());
        if end > 0 && rest[end..].chars().next().is_some_and(|next| next != '`') {
            rest[..end].clone_into(&mut open.argument);
            self.at += end;
        }
        let rest = &self.source[self.at..];
        self.at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }

    fn end(&mut self, length: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.at += length;
        let end = units(&self.out.text);
        let mut entity = Entity::new(open.kind, open.offset, end);
        if ["text_link", "custom_emoji"].contains(&open.kind) {
            let url = self.url(&self.out.text[open.text_at..])?;
            entity.extra = match url.split_once("?id=") {
                _ if open.kind == "text_link" => Some(("url", json!(url))),
                Some((_, id)) => Some(("custom_emoji_id", json!(id))),
                None => return Err("Custom emoji entity must contain a tg://emoji URL".to_owned()),
            };
            if let Some(address) = self.source[self.at..].strip_prefix('(') {
                self.at += closing(address).unwrap_or(0) + 2;
            }
        } else if !open.argument.is_empty() {
            entity.extra = Some(("language", json!(open.argument)));
        }
        if entity.length > 0 && entity.extra.as_ref().is_none_or(|(name, url)| *name != "url" || is_link(url))
        {
            self.out.entities.push(entity);
        }
        Ok(())
    }

    /// Reads `(address)` after a link's text; without one the text is the address.
    fn url(&self, shown: &str) -> Result<String, String> {
        let rest = &self.source[self.at..];
        let Some(address) = rest.strip_prefix('(') else { return Ok(shown.to_owned()) };
        let end =
            closing(address).ok_or_else(|| format!("Can't find end of a URL at byte offset {}", self.at))?;
        let mut letters = address[..end].chars();
        let mut url = String::new();
        while let Some(letter) = letters.next() {
            url.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
        }
        Ok(url)
    }

    fn end_quote(&mut self, expandable: bool) {
        let end = units(&self.out.text);
        if let Some(offset) = self.quote.take()
            && end > offset
        {
            let kind = if expandable { "expandable_blockquote" } else { "blockquote" };
            self.out.entities.push(Entity::new(kind, offset, end));
        }
    }
}

/// Returns where the unescaped closing bracket stands.
fn closing(address: &str) -> Option<usize> {
    let mut escaped = false;
    address.char_indices().find_map(|(at, letter)| {
        let found = letter == ')' && !escaped;
        escaped = letter == '\\' && !escaped;
        found.then_some(at)
    })
}

fn is_link(url: &serde_json::Value) -> bool {
    url.as_str().is_some_and(|url| url.contains(':') || url.contains('.'))
}
