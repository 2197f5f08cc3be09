//! Prints the protocol's types as Swift: `Codable` structs, string enums, and `JSONValue` for what has no fixed shape.

use std::fmt::Write as _;

use crate::model::{Body, Field, Protocol, Shape, Type};

const HEAD: &str = include_str!("swift_head.swift");

/// Words that Swift takes for itself where a name is declared.
const KEYWORDS: [&str; 24] = [
    "any",
    "as",
    "case",
    "class",
    "default",
    "do",
    "else",
    "enum",
    "extension",
    "false",
    "for",
    "func",
    "if",
    "import",
    "in",
    "init",
    "is",
    "let",
    "nil",
    "protocol",
    "self",
    "switch",
    "true",
    "where",
];

/// Returns the text of `Protocol.swift`.
pub(crate) fn models(protocol: &Protocol) -> String {
    let mut out = format!("{HEAD}\n/// Newest protocol version that is spoken.\n");
    let _ = writeln!(out, "public let gatewayProtocolVersion = {}\n", protocol.version);
    for kind in &protocol.types {
        declare(&mut out, kind);
    }
    let methods: Vec<_> = protocol.methods.iter().map(|row| (row.name.clone(), row.doc.clone())).collect();
    words(&mut out, "", "GatewayMethod", "The names of all methods.", &methods);
    let events: Vec<_> = protocol.events.iter().map(|row| (row.name.clone(), String::new())).collect();
    words(&mut out, "", "GatewayEvent", "The names of all events.", &events);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn declare(out: &mut String, kind: &Type) {
    match &kind.body {
        Body::Record(list) => record(out, kind, list),
        Body::Tagged { fields, variants } => record(out, kind, &merge(fields, variants)),
        Body::Words(list) => words(out, "", &kind.name, &kind.doc, list),
        Body::Alias(target) => {
            doc(out, "", &kind.doc);
            let _ = writeln!(out, "public typealias {} = {}\n", kind.name, shape(target));
        }
    }
}

/// Puts the fields of all variants into one record; a field that is not in each of them becomes optional.
///
/// The tag stays a string, so that a word of a newer gateway does not make the whole record unreadable.
fn merge(common: &[Field], variants: &[Vec<Field>]) -> Vec<Field> {
    let mut merged = common.to_vec();
    for field in variants.iter().flatten() {
        if merged.iter().any(|other| other.name == field.name) {
            continue;
        }
        let everywhere = variants
            .iter()
            .all(|variant| variant.iter().any(|other| other.name == field.name && other.required));
        let shape = if matches!(field.shape, Shape::Word(_)) { Shape::Text } else { field.shape.clone() };
        merged.push(Field { required: field.required && everywhere, shape, ..field.clone() });
    }
    merged.sort_by(|a, b| a.name.cmp(&b.name));
    merged
}

fn record(out: &mut String, kind: &Type, fields: &[Field]) {
    doc(out, "", &kind.doc);
    let _ = writeln!(out, "public struct {}: Codable, Hashable, Sendable {{", kind.name);
    for field in fields {
        doc(out, "    ", &field.doc);
        let _ = writeln!(out, "    public var {}: {}", name(&field.name), field_type(field));
    }
    let list = |field: &Field| {
        let default = if field_type(field).ends_with('?') { " = nil" } else { "" };
        format!("{}: {}{default}", name(&field.name), field_type(field))
    };
    let params: Vec<_> = fields.iter().map(list).collect();
    let open = if params.is_empty() {
        String::new()
    } else {
        format!("\n        {}\n    ", params.join(",\n        "))
    };
    let _ = writeln!(out, "\n    public init({open}) {{");
    for field in fields {
        let _ = writeln!(out, "        self.{0} = {0}", name(&field.name));
    }
    out.push_str("    }\n}\n\n");
}

fn words(out: &mut String, indent: &str, title: &str, about: &str, words: &[(String, String)]) {
    doc(out, indent, about);
    let _ = writeln!(out, "{indent}public enum {title}: String, Codable, Hashable, Sendable {{");
    for (word, meaning) in words {
        doc(out, &format!("{indent}    "), meaning);
        let _ = writeln!(out, "{indent}    case {} = \"{word}\"", name(&camel(word)));
    }
    let _ = writeln!(out, "{indent}}}\n");
}

fn field_type(field: &Field) -> String {
    let plain = shape(&field.shape);
    if field.required || plain.ends_with('?') { plain } else { format!("{plain}?") }
}

fn shape(of: &Shape) -> String {
    match of {
        Shape::Any | Shape::Choice(_) => "JSONValue".into(),
        Shape::Flag => "Bool".into(),
        Shape::Integer => "Int".into(),
        Shape::Number => "Double".into(),
        Shape::Text | Shape::Word(_) => "String".into(),
        Shape::Named(name) => name.clone(),
        Shape::List(item) => format!("[{}]", shape(item)),
        Shape::Map(value) => format!("[String: {}]", shape(value)),
        Shape::Nullable(inner) => format!("{}?", shape(inner)),
    }
}

/// Writes a word of the wire as Swift names a case: `SCREAMING_CASE`, `kebab-case` and `dotted.case` alike.
fn camel(word: &str) -> String {
    let shouted = !word.chars().any(char::is_lowercase);
    let mut out = String::new();
    for part in word.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let part = if shouted { part.to_lowercase() } else { part.to_owned() };
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if !out.is_empty() => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.extend(letters);
    }
    out
}

fn name(word: &str) -> String {
    if KEYWORDS.contains(&word) { format!("`{word}`") } else { word.to_owned() }
}

fn doc(out: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
    }
}
