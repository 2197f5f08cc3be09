//! Prints the method and event tables for people: a golden file and two blocks of `docs/protocol.md`.

use std::fmt::Write as _;

use crate::model::{Protocol, Shape};

/// Returns one line a method, sorted by name: name, scope, idempotency in columns.
pub(crate) fn golden(protocol: &Protocol) -> String {
    let width = |len: fn(&crate::model::Method) -> usize| protocol.methods.iter().map(len).max().unwrap_or(0);
    let (names, scopes) = (width(|row| row.name.len()), width(|row| row.access.len()));
    let mut out = String::new();
    for row in &protocol.methods {
        let _ = writeln!(out, "{:names$}  {:scopes$}  {}", row.name, row.access, row.idempotency);
    }
    out
}

/// Returns the method table in Markdown.
pub(crate) fn methods(protocol: &Protocol) -> String {
    let mut out =
        String::from("| method | scope | repeated call | what it does |\n| --- | --- | --- | --- |\n");
    for row in &protocol.methods {
        let about = row.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "| `{}` | {} | {} | {about} |", row.name, row.access, row.idempotency);
    }
    out
}

/// Returns the event table in Markdown.
pub(crate) fn events(protocol: &Protocol) -> String {
    let mut out = String::from("| event | scope | may be dropped | payload |\n| --- | --- | --- | --- |\n");
    for row in &protocol.events {
        let guard = row.guard.as_deref().unwrap_or("anyone");
        let dropped = if row.droppable { "yes" } else { "no" };
        let payload = match &row.payload {
            Shape::Named(name) => format!("`{name}`"),
            _ => "object".to_owned(),
        };
        let _ = writeln!(out, "| `{}` | {guard} | {dropped} | {payload} |", row.name);
    }
    out
}
