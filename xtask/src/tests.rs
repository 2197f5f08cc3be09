//! Fails when a committed file is not what the Rust types say.

use std::collections::BTreeSet;

use schemas::export;

use crate::model::{Body, Protocol};
use crate::{files, root};

#[test]
fn generated_files_are_fresh() {
    let stale: Vec<_> = files::stale(&root()).expect("readable").into_iter().map(|file| file.path).collect();
    assert!(stale.is_empty(), "stale: {stale:?}; run `cargo xtask bless` and commit the result");
}

#[test]
fn a_block_is_replaced_and_its_surroundings_stay() {
    let page = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n";
    let new = files::replace_block(page, "x", "new\n").expect("a block");
    assert_eq!(new, "a\n<!-- generated: x -->\nnew\n<!-- end: x -->\nb\n");
    assert!(files::replace_block(page, "y", "new\n").is_err());
}

/// `docs/errors.md` has one table row for each code and none for a code that does not exist; reasons, which are finer,
/// have a part of their own.
#[test]
fn the_page_of_errors_lists_exactly_the_codes() {
    let page = std::fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let codes_only = page.split("\n## Reasons of").next().unwrap_or_default();
    let documented: BTreeSet<String> = codes_only
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let protocol = Protocol::read(&export::document()).expect("a protocol");
    let mut codes = BTreeSet::new();
    for kind in &protocol.types {
        if let ("ErrorCode" | "DetailCode", Body::Words(words)) = (kind.name.as_str(), &kind.body) {
            codes.extend(words.iter().map(|(word, _)| word.clone()));
        }
    }
    assert!(!codes.is_empty());
    assert_eq!(documented, codes, "docs/errors.md and schemas/src/error.rs differ");
}
