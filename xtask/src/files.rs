//! The list of generated files and their contents.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use schemas::export;

use crate::model::Protocol;
use crate::{swift, tables, typescript};

/// A generated file.
#[derive(Debug)]
pub(crate) struct File {
    /// Where, from the workspace's folder.
    pub(crate) path: &'static str,
    /// What it should hold.
    pub(crate) content: String,
}

/// Returns the files whose content on disk is not what it should be.
pub(crate) fn stale(root: &Path) -> Result<Vec<File>> {
    let mut stale = Vec::new();
    for file in all(root)? {
        if read(root, file.path)? != file.content {
            stale.push(file);
        }
    }
    Ok(stale)
}

/// Writes a file, and its folder where that is missing.
pub(crate) fn write(root: &Path, file: &File) -> Result<()> {
    let path = root.join(file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(&path, &file.content).with_context(|| format!("cannot write {}", file.path))
}

fn all(root: &Path) -> Result<Vec<File>> {
    let document = export::document();
    let protocol = Protocol::read(&document)?;
    let schema = serde_json::to_string_pretty(&document)? + "\n";
    Ok(vec![
        File { path: "schemas/json/protocol.schema.json", content: schema },
        File { path: "schemas/json/protocol.ts", content: typescript::models(&protocol) },
        File { path: "schemas/json/Protocol.swift", content: swift::models(&protocol) },
        File { path: "tests/golden/methods.txt", content: tables::golden(&protocol) },
        protocol_page(root, &protocol)?,
    ])
}

fn protocol_page(root: &Path, protocol: &Protocol) -> Result<File> {
    const PAGE: &str = "docs/protocol.md";
    let page = read(root, PAGE)?;
    let page = replace_block(&page, "methods", &tables::methods(protocol))?;
    let content = replace_block(&page, "events", &tables::events(protocol))?;
    Ok(File { path: PAGE, content })
}

/// Replaces what stands between the markers `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
pub(crate) fn replace_block(page: &str, name: &str, block: &str) -> Result<String> {
    let (open, close) = (format!("<!-- generated: {name} -->\n"), format!("<!-- end: {name} -->"));
    let (Some(start), Some(end)) = (page.find(&open), page.find(&close)) else {
        bail!("docs/protocol.md lacks the lines `{}` and `{close}`", open.trim());
    };
    let start = start + open.len();
    if end < start {
        bail!("docs/protocol.md has `{close}` before its beginning");
    }
    Ok(format!("{}{block}{}", &page[..start], &page[end..]))
}

/// Reads a file; a missing one is empty.
fn read(root: &Path, path: &str) -> Result<String> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}
