//! Words of a coordinator's tools, taken as ours.

use serde_json::{Map, Value};

/// Takes a coordinator's names for parameters as well (requirements 3.11), and tool lists separated by commas (C-69).
pub(super) fn translate(method: &str, given: &mut Map<String, Value>) {
    match method {
        "tasks.dispatch" => {
            rename(given, "prompt", "message");
            rename(given, "maxBudgetUsd", "budgetUsd");
            for (old, kind) in [("agentName", "node"), ("pool", "pool")] {
                if let Some(Value::String(name)) = given.remove(old) {
                    let on = if kind == "node" && name == "local" { name } else { format!("{kind}:{name}") };
                    given.entry("on").or_insert(on.into());
                }
            }
            for name in ["allowedTools", "disallowedTools", "addDirs"] {
                let Some(list) = given.remove(name) else { continue };
                let permissions = given.entry("permissions").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(permissions) = permissions {
                    permissions.entry(name).or_insert(listed(list));
                }
            }
        }
        "tasks.list" => {
            let word = given.get("status").and_then(Value::as_str);
            let status = match word {
                Some("pending") => "queued",
                Some("error") => "failed",
                Some("dead-letter") => {
                    given.entry("deadLettered").or_insert(Value::Bool(true));
                    "failed"
                }
                _ => return,
            };
            given.insert("status".into(), status.into());
        }
        _ => {}
    }
}

fn rename(given: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(value) = given.remove(old) {
        given.entry(new).or_insert(value);
    }
}

/// Makes a list of a text that is separated by commas; those within parentheses belong to a name.
fn listed(value: Value) -> Value {
    let Value::String(text) = value else { return value };
    let mut depth = 0_usize;
    let parts = text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
}
