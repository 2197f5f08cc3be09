//! The invariants of `ARCHITECTURE.md` that a machine can see: who may use whom inside the gateway, where SQL stands,
//! who knows HTTP.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Each may use what is listed after it.
const FLOORS: [&str; 18] = [
    "app",
    "door",
    "connection",
    "methods",
    "hooks",
    "schedule",
    "bridge",
    "chat",
    "tasks",
    "work",
    "canvas",
    "fleet",
    "approvals",
    "security",
    "hub",
    "store",
    "config",
    "supervise",
];

/// A plain value without behaviour, which every floor may name.
const PLAIN: [&str; 1] = ["crate::security::Principal"];

#[test]
fn no_floor_uses_one_above_it() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some(floor) = FLOORS.iter().position(|name| *name == module) else { continue };
        for line in text.lines().filter(|line| !PLAIN.iter().any(|plain| line.contains(plain))) {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if FLOORS.iter().position(|name| *name == used).is_some_and(|other| other < floor) {
                    wrong.push(format!("{}: {module} uses {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "see the floors in ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_store_contains_sql() {
    let sql = ["SELECT ", "INSERT INTO ", "INSERT OR ", "DELETE FROM ", "CREATE TABLE ", "rusqlite::"];
    found_only_in(&["store"], &sql);
}

#[test]
fn only_door_and_connection_know_http_and_web_sockets() {
    found_only_in(&["door", "connection"], &["axum::", "hyper::", "tungstenite::"]);
}

fn found_only_in(modules: &[&str], words: &[&str]) {
    let elsewhere = sources().into_iter().filter(|(module, ..)| !modules.contains(&module.as_str()));
    let wrong: Vec<_> = elsewhere
        .filter(|(.., text)| words.iter().any(|word| text.contains(word)))
        .map(|(_, path, _)| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "{words:?} belong into {modules:?} only: {wrong:?}");
}

/// Returns the gateway's files: module, path, text. Comments and everything from `#[cfg(test)]` on are left out.
fn sources() -> Vec<(String, PathBuf, String)> {
    let source = root().join("gateway/src");
    let mut found = Vec::new();
    walk(&source, &mut |path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let inside = path.strip_prefix(&source).expect("inside");
        let is_test = name.ends_with("tests.rs") || inside.iter().any(|part| part == "tests");
        if is_test || path.extension().is_none_or(|extension| extension != "rs") {
            return;
        }
        let first = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
        let text = fs::read_to_string(path).expect("readable");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        found.push((first.trim_end_matches(".rs").to_owned(), inside.to_owned(), code.join("\n")));
    });
    assert!(!found.is_empty(), "no source of the gateway found");
    found
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { walk(&path, see) } else { see(&path) }
    }
}
