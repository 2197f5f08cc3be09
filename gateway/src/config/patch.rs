//! Applies a JSON merge patch (RFC 7396) to a TOML document so that comments and order survive.

use serde_json::{Map, Value as Json};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Applies `patch`; `Err` says which key holds something that TOML cannot express.
pub(super) fn apply(document: &mut DocumentMut, patch: &Map<String, Json>) -> Result<(), String> {
    merge(document.as_table_mut(), patch, "")
}

fn merge(table: &mut dyn TableLike, patch: &Map<String, Json>, prefix: &str) -> Result<(), String> {
    for (name, change) in patch {
        let key = super::parse::join(prefix, name);
        match change {
            Json::Null => {
                table.remove(name);
            }
            Json::Object(inner) => merge_table(table, name, inner, &key)?,
            plain => put(table, name, value(plain, &key)?),
        }
    }
    Ok(())
}

/// Merges into the table under `name`; whatever else stood there is replaced by a table (RFC 7396).
fn merge_table(
    table: &mut dyn TableLike,
    name: &str,
    patch: &Map<String, Json>,
    key: &str,
) -> Result<(), String> {
    if table.get(name).and_then(Item::as_table_like).is_none() {
        let mut fresh = Table::new();
        // A table that only holds tables needs no header line of its own.
        fresh.set_implicit(patch.values().all(Json::is_object) && !patch.is_empty());
        table.insert(name, Item::Table(fresh));
    }
    match table.get_mut(name).and_then(Item::as_table_like_mut) {
        Some(inner) => merge(inner, patch, key),
        None => Err(format!("{key}: cannot hold a table")),
    }
}

/// Sets a plain value; spaces and comment behind the old one stay.
fn put(table: &mut dyn TableLike, name: &str, mut fresh: Value) {
    if let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) {
        *fresh.decor_mut() = old.decor().clone();
        *old = fresh;
    } else {
        table.insert(name, Item::Value(fresh));
    }
}

fn value(json: &Json, key: &str) -> Result<Value, String> {
    Ok(match json {
        Json::Null => return Err(format!("{key}: null cannot stand inside a list")),
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) => real.into(),
            (None, None) => return Err(format!("{key}: the number is out of range")),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => {
            Value::Array(list.iter().map(|entry| value(entry, key)).collect::<Result<Array, String>>()?)
        }
        Json::Object(map) => {
            let mut table = InlineTable::new();
            for (name, entry) in map {
                table.insert(name, value(entry, key)?);
            }
            Value::InlineTable(table)
        }
    })
}
