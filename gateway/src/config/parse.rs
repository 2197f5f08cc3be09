//! Reads the file's text into sections, or says for every mistake where it is and what is allowed.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml_edit::{Document, TableLike};

use super::agents::AgentSection;
use super::channels::{Binding, ChannelsSection};
use super::error::Mistake;
use super::gateway::GatewaySection;
use super::hooks::HooksSection;
use super::log::LogSection;
use super::nodes::NodesSection;
use super::redact::is_secret;
use super::sessions::SessionsSection;

/// Everything that the file may hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Landline configuration")]
pub struct Sections {
    /// Where the door is and who may knock.
    pub gateway: GatewaySection,
    /// What happens to input that comes while a conversation is busy.
    pub sessions: SessionsSection,
    /// Who answers; each agent under its name.
    pub agents: BTreeMap<String, AgentSection>,
    /// Accounts on chat platforms.
    pub channels: ChannelsSection,
    /// Which agent answers where; the first that fits best decides.
    pub bindings: Vec<Binding>,
    /// What nodes may be asked to do.
    pub nodes: NodesSection,
    /// Addresses that take any text from other programs.
    pub hooks: HooksSection,
    /// How much is logged and in which form.
    pub log: LogSection,
}

impl Sections {
    /// Collects what is wrong with values that are well-formed by themselves.
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        self.gateway.check(mistakes);
        self.sessions.check(mistakes);
        super::agents::check(&self.agents, mistakes);
        self.channels.check(mistakes);
        super::webhook::check(&self.channels, &self.gateway.hosts(), mistakes);
        super::channels::check_bindings(&self.bindings, mistakes);
        self.nodes.check(mistakes);
        self.hooks.check(self.gateway.token.as_ref(), mistakes);
        self.log.check(mistakes);
    }
}

/// Returns the JSON Schema of the file (draft 2020-12), every part written out in place.
pub fn json_schema() -> Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Sections>().to_value()
}

/// Places of a text: turns byte offsets and dotted keys into lines and columns.
#[derive(Debug)]
pub(super) struct Places {
    text: String,
    keys: Vec<(String, Range<usize>)>,
}

impl Places {
    /// Returns the place of a key, or of the nearest table around it.
    pub(super) fn of(&self, key: &str) -> Option<(usize, usize)> {
        let mut key = key;
        loop {
            if let Some((_, span)) = self.keys.iter().find(|(known, _)| known == key) {
                return Some(self.at(span.start));
            }
            key = key.rsplit_once('.')?.0;
        }
    }

    /// Says whether the text sets `key` itself.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(known, _)| known == key)
    }

    fn at(&self, offset: usize) -> (usize, usize) {
        place(&self.text, offset)
    }
}

/// Reads the file's text. Values are checked one by one; [`Sections::check`] looks at them together.
pub(super) fn parse(text: &str) -> Result<(Sections, Places), Vec<Mistake>> {
    let document = Document::parse(text.to_owned()).map_err(|error| vec![syntax(text, &error)])?;
    let mut places = Places { text: text.to_owned(), keys: Vec::new() };
    walk(document.as_table(), "", &mut |key, span, _| places.keys.push((key.to_owned(), span)));
    let mut mistakes = Vec::new();
    unknown_keys(document.as_table(), &json_schema(), "", &places, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    match toml::from_str::<Sections>(text) {
        Ok(sections) => Ok((sections, places)),
        Err(error) => Err(vec![wrong_value(&error, &places, &document)]),
    }
}

/// Returns the innermost key whose value covers `span`.
fn around(span: &Range<usize>, document: &Document<String>) -> Option<String> {
    let mut found = None;
    walk(document.as_table(), "", &mut |key, _, value| {
        if value.is_some_and(|value| value.start <= span.start && span.end <= value.end) {
            found = Some(key.to_owned());
        }
    });
    found
}

/// The parser's own message quotes no text; the excerpt that its `Display` adds may show a secret.
fn syntax(text: &str, error: &toml_edit::TomlError) -> Mistake {
    let place = error.span().map(|span| place(text, span.start));
    let message = format!("no valid TOML: {}", error.message().lines().collect::<Vec<_>>().join("; "));
    Mistake { key: String::new(), place, message }
}

fn wrong_value(error: &toml::de::Error, places: &Places, document: &Document<String>) -> Mistake {
    let span = error.span();
    let key = span.as_ref().and_then(|span| around(span, document)).unwrap_or_default();
    // The reader's message quotes the value.
    let message =
        if is_secret(&key) { "must be a text in quotes".to_owned() } else { in_words(error.message()) };
    Mistake { place: span.map(|span| places.at(span.start)), message, key }
}

/// Says what is allowed in words instead of the program's types.
fn in_words(message: &str) -> String {
    message
        .replace("expected u16", "allowed are 0 to 65535")
        .replace("expected usize", "allowed are whole numbers from 0")
        .replace("expected a boolean", "allowed are true and false")
}

/// Calls `see` with each dotted key, the span of the key and the span of its value.
fn walk(table: &dyn TableLike, prefix: &str, see: &mut impl FnMut(&str, Range<usize>, Option<Range<usize>>)) {
    for (name, item) in table.iter() {
        let key = join(prefix, name);
        let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
        see(&key, span.unwrap_or_default(), item.span());
        if let Some(inner) = item.as_table_like() {
            walk(inner, &key, see);
        }
    }
}

/// Compares the document with the schema: the reader itself stops at the first unknown key and knows no near one.
fn unknown_keys(
    table: &dyn TableLike,
    schema: &Value,
    prefix: &str,
    places: &Places,
    out: &mut Vec<Mistake>,
) {
    for (name, item) in table.iter() {
        let key = join(prefix, name);
        let below = schema["properties"]
            .get(name)
            .or_else(|| schema.get("additionalProperties").filter(|other| other.is_object()));
        match (below, item.as_table_like()) {
            (Some(below), Some(inner)) => unknown_keys(inner, below, &key, places, out),
            (None, _) if schema["properties"].is_object() => {
                let message = unknown(name, &schema["properties"]);
                out.push(Mistake { place: places.of(&key), message, key });
            }
            // A table where a plain value belongs: the reader says so better.
            (Some(_), None) | (None, _) => {}
        }
    }
}

fn unknown(name: &str, known: &Value) -> String {
    let known: Vec<&str> = known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    match nearest(name, &known) {
        Some(near) => format!("unknown key \"{name}\"; did you mean \"{near}\"?"),
        None => format!("unknown key \"{name}\"; known here: {}", known.join(", ")),
    }
}

/// Returns the known word that `name` is most likely meant to be.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(&lower, word), *word))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, word)| word)
}

/// Returns line and column, from 1, of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
