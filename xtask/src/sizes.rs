//! The rule of `CONTRIBUTING.md` on the size of files. That of functions is a lint (`clippy.toml`).

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Lines that fit into one look through a file about one thing.
const MOST_LINES: usize = 400;

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for part in ["schemas", "channels", "nodes", "mcp", "gateway", "cli", "xtask", "tests/load"] {
        walk(&root().join(part), &mut |path| {
            let lines = fs::read_to_string(path).expect("readable").lines().count();
            if lines > MOST_LINES {
                wrong.push(format!("{}: {lines} lines", path.display()));
            }
        });
    }
    assert!(wrong.is_empty(), "split by meaning, see CONTRIBUTING.md:\n{}", wrong.join("\n"));
}

/// Shows every Rust file that holds no tests.
fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["tests", "target"].contains(&name) {
                walk(&path, see);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !name.ends_with("tests.rs") {
            see(&path);
        }
    }
}
