//! Checks buttons and menus under a message.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::form::Problems;

/// Checks the rows under a message.
pub(super) fn check(problems: &mut Problems, rows: &Value) {
    problems.count("components", rows, 5);
    let mut ids = BTreeSet::new();
    for (number, row) in rows.as_array().into_iter().flatten().enumerate() {
        let at = format!("components.{number}");
        match row["type"].as_u64() {
            Some(1) => check_row(problems, &at, row, &mut ids),
            // The layouts of version 2: their insides are not looked at.
            Some(9 | 10 | 11 | 12 | 13 | 14 | 17) => {}
            _ => problems.add(
                format!("{at}.type"),
                "BASE_TYPE_CHOICES",
                "Value of field \"type\" must be one of (1, 9, 10, 12, 13, 14, 17).",
            ),
        }
    }
}

fn check_row(problems: &mut Problems, at: &str, row: &Value, ids: &mut BTreeSet<String>) {
    let parts = row["components"].as_array().map_or(&[][..], Vec::as_slice);
    if parts.is_empty() || parts.len() > 5 {
        problems.add(
            format!("{at}.components"),
            "BASE_TYPE_BAD_LENGTH",
            "Must be between 1 and 5 in length.",
        );
    }
    for (number, part) in parts.iter().enumerate() {
        let at = format!("{at}.components.{number}");
        match part["type"].as_u64() {
            Some(2) => check_button(problems, &at, part),
            Some(3) => {
                problems.count(format!("{at}.options"), &part["options"], 25);
                problems.length(format!("{at}.custom_id"), &part["custom_id"], 1, 100);
            }
            Some(5..=8) => _ = problems.length(format!("{at}.custom_id"), &part["custom_id"], 1, 100),
            _ => problems.add(
                format!("{at}.type"),
                "BASE_TYPE_CHOICES",
                "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8).",
            ),
        }
        let id = part["custom_id"].as_str();
        if id.is_some_and(|id| !ids.insert(id.to_owned())) {
            problems.add(
                format!("{at}.custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            );
        }
    }
}

fn check_button(problems: &mut Problems, at: &str, button: &Value) {
    problems.length(format!("{at}.label"), &button["label"], 0, 80);
    match button["style"].as_u64() {
        Some(1..=4) => _ = problems.length(format!("{at}.custom_id"), &button["custom_id"], 1, 100),
        Some(5) => _ = problems.length(format!("{at}.url"), &button["url"], 1, 512),
        _ => problems.add(
            format!("{at}.style"),
            "BASE_TYPE_CHOICES",
            "Value must be one of {1, 2, 3, 4, 5, 6}.",
        ),
    }
    if button["label"].is_null() && button["emoji"].is_null() {
        problems.add(
            format!("{at}.label"),
            "BUTTON_COMPONENT_INVALID_LABEL",
            "A button must have a label or an emoji.",
        );
    }
}

/// Returns rows as Discord keeps them: each part has a number.
pub(super) fn numbered(rows: &Value) -> Vec<Value> {
    let mut rows = super::form::list(rows);
    let mut last = 0;
    number(&mut rows, &mut last);
    rows
}

fn number(parts: &mut [Value], last: &mut u64) {
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        *last += 1;
        part.entry("id").or_insert_with(|| json!(*last));
        for inside in ["components", "accessory"] {
            match part.get_mut(inside) {
                Some(Value::Array(inner)) => number(inner, last),
                Some(one) => number(std::slice::from_mut(one), last),
                None => {}
            }
        }
    }
}

/// Returns the parts of all rows, with those inside of layouts.
pub(super) fn parts(rows: &[Value]) -> Vec<&Value> {
    let mut found = Vec::new();
    for row in rows {
        found.push(row);
        if let Some(inner) = row["components"].as_array() {
            found.extend(parts(inner));
        }
        if row["accessory"].is_object() {
            found.push(&row["accessory"]);
        }
    }
    found
}
