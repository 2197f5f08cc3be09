//! Text as a bot sends it (HTML, `MarkdownV2`, Markdown, or entities) and as people see it.

mod detect;
mod html;
mod legacy;
mod markdown;

use serde_json::{Value, json};

use super::params::Params;
use super::refusal::Refusal;

pub(super) use detect::detect;

/// More entities than these are silently left out.
const MOST_ENTITIES: usize = 100;

/// A text as people see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Formatted {
    pub text: String,
    pub entities: Vec<Entity>,
}

/// A stretch of text with a meaning; counted in UTF-16 units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entity {
    pub kind: String,
    pub offset: usize,
    pub length: usize,
    /// `url`, `language`, … by name.
    pub extra: Option<(&'static str, Value)>,
}

impl Entity {
    pub(super) fn new(kind: &str, offset: usize, end: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length: end.saturating_sub(offset), extra: None }
    }

    fn to_json(&self) -> Value {
        let mut value = json!({ "type": self.kind, "offset": self.offset, "length": self.length });
        if let Some((name, extra)) = &self.extra {
            value[*name] = extra.clone();
        }
        value
    }
}

impl Formatted {
    /// Returns its length as Telegram counts it.
    pub(super) fn units(&self) -> usize {
        units(&self.text)
    }

    /// Returns the entities as the API writes them.
    pub(super) fn entities_json(&self) -> Vec<Value> {
        self.entities.iter().map(Entity::to_json).collect()
    }
}

/// Returns the length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Resolves the text that a call carries: `text_key` by `mode_key` or `entities_key`, and finds links and commands.
pub(super) fn resolve(
    params: &Params,
    text_key: &str,
    mode_key: &str,
    entities_key: &str,
) -> Result<Formatted, Refusal> {
    let source = params.text(text_key).unwrap_or_default();
    let mode = params.text(mode_key).unwrap_or_default();
    let mut formatted = match mode.to_lowercase().as_str() {
        "" | "none" => {
            let given = params.json(entities_key, "MessageEntity")?;
            Formatted { text: source.to_owned(), entities: given_entities(given.as_ref())? }
        }
        "html" => parsed(html::parse(source))?,
        "markdownv2" => parsed(markdown::parse(source))?,
        "markdown" => parsed(legacy::parse(source))?,
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    tidy(&mut formatted);
    let found = detect(&formatted.text);
    let covered = |new: &Entity| {
        formatted.entities.iter().any(|old| {
            let overlaps = new.offset < old.offset + old.length && old.offset < new.offset + new.length;
            overlaps
                && ["code", "pre", "text_link", "text_mention", "custom_emoji"].contains(&old.kind.as_str())
        })
    };
    let found: Vec<_> = found.into_iter().filter(|new| !covered(new)).collect();
    formatted.entities.extend(found);
    formatted.entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    formatted.entities.truncate(MOST_ENTITIES);
    Ok(formatted)
}

fn parsed(result: Result<Formatted, String>) -> Result<Formatted, Refusal> {
    result.map_err(|problem| Refusal::bad(format!("can't parse entities: {problem}")))
}

fn given_entities(given: Option<&Value>) -> Result<Vec<Entity>, Refusal> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let broken = || Refusal::bad("can't parse entities: expected an Array of MessageEntity");
    let mut entities = Vec::new();
    for item in given.as_array().ok_or_else(broken)? {
        let number = |name: &str| item[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let kind = item["type"].as_str().ok_or_else(broken)?;
        let offset = number("offset").ok_or_else(broken)?;
        let mut entity = Entity::new(kind, offset, offset + number("length").ok_or_else(broken)?);
        for name in ["url", "language", "custom_emoji_id", "user"] {
            if !item[name].is_null() {
                entity.extra = Some((name, item[name].clone()));
            }
        }
        entities.push(entity);
    }
    Ok(entities)
}

/// Removes carriage returns and the space around the text, and fits the entities to what is left.
fn tidy(formatted: &mut Formatted) {
    formatted.text = formatted.text.replace('\r', "").replace(|c: char| c.is_control() && c != '\n', " ");
    let from_start = formatted.text.trim_start();
    let cut = units(&formatted.text) - units(from_start);
    let text = from_start.trim_end().to_owned();
    let end = units(&text);
    for entity in &mut formatted.entities {
        let stop = (entity.offset + entity.length).saturating_sub(cut).min(end);
        entity.offset = entity.offset.saturating_sub(cut).min(end);
        entity.length = stop - entity.offset;
    }
    formatted.text = text;
    formatted.entities.retain(|entity| entity.length > 0);
    let code: Vec<_> =
        formatted.entities.iter().filter(|e| ["code", "pre"].contains(&e.kind.as_str())).cloned().collect();
    let quote = |kind: &str| kind.contains("blockquote") || ["code", "pre"].contains(&kind);
    formatted.entities.retain(|entity| {
        let inside = |code: &Entity| {
            entity.offset >= code.offset && entity.offset + entity.length <= code.offset + code.length
        };
        quote(&entity.kind) || !code.iter().any(inside)
    });
}
