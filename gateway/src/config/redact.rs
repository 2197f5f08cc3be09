//! Hides secrets in what leaves the gateway, and puts the old ones back where the placeholder returns.

use schemas::methods::config::REDACTED;
use toml_edit::{DocumentMut, Item, TableLike};

use super::error::Mistake;
use super::parse::join;

/// Says whether the value of a dotted key is a secret: the shared token, the tokens of bots, and all
/// that agents get by `env` and plugins by `settings`.
pub(super) fn is_secret(key: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    matches!(
        parts.as_slice(),
        ["gateway" | "hooks", "token"]
            | ["agents", _, "env", ..]
            | ["channels", _, _, "token"]
            | ["channels", "plugin", _, "settings", ..]
    )
}

/// Replaces every secret with the placeholder; everything else, comments included, stays as it is.
///
/// A comment is the owner's own text: a secret inside one is not recognised.
pub(super) fn hide(document: &mut DocumentMut) {
    each(document.as_table_mut(), "", &mut |key, item| {
        if is_secret(key) {
            replace(item, REDACTED);
        }
    });
}

/// Puts the old secrets where the placeholder stands; a placeholder without an old value is a mistake.
pub(super) fn restore(document: &mut DocumentMut, old: &DocumentMut) -> Result<(), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    each(document.as_table_mut(), "", &mut |key, item| {
        if item.as_str() != Some(REDACTED) {
            return;
        }
        match look_up(old, key).filter(|_| is_secret(key)) {
            Some(secret) => replace(item, &secret),
            None => mistakes
                .push(Mistake::at(key, "the placeholder stands for no stored secret: write the value")),
        }
    });
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn look_up(document: &DocumentMut, key: &str) -> Option<String> {
    let mut found = None;
    // Walking compares whole dotted keys, so that names that hold dots themselves work too.
    read(document.as_table(), "", &mut |known, item| {
        if known == key {
            found = item.as_str().map(ToOwned::to_owned);
        }
    });
    found
}

fn replace(item: &mut Item, text: &str) {
    if let Some(value) = item.as_value_mut() {
        let decor = value.decor().clone();
        *value = text.into();
        *value.decor_mut() = decor;
    }
}

/// Calls `see` with every key that holds no table.
fn each(table: &mut dyn TableLike, prefix: &str, see: &mut impl FnMut(&str, &mut Item)) {
    for (name, item) in table.iter_mut() {
        let key = join(prefix, &name);
        match item.as_table_like_mut() {
            Some(inner) => each(inner, &key, see),
            None => see(&key, item),
        }
    }
}

/// Calls `see` with every key that holds no table.
pub(super) fn read(table: &dyn TableLike, prefix: &str, see: &mut impl FnMut(&str, &Item)) {
    for (name, item) in table.iter() {
        let key = join(prefix, name);
        match item.as_table_like() {
            Some(inner) => read(inner, &key, see),
            None => see(&key, item),
        }
    }
}
