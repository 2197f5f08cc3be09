//! `fs.*`: files within the folders that the owner named in `[fs.roots]`.

mod beneath;
mod work;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refusal};
use super::config::Root;
use super::family::{Family, Offer};

/// The family of files.
#[derive(Debug)]
pub(super) struct Files {
    roots: BTreeMap<String, Root>,
}

/// Parameters of `fs.listDir` and `fs.stat`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct PathParams {
    /// A root's name, then the path in it: `work/notes/today.md`. Empty: the roots themselves.
    path: Option<String>,
}

/// Parameters of `fs.read`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReadParams {
    /// A root's name, then the path in it.
    path: String,
    /// The first byte.
    #[serde(default)]
    offset: u64,
    /// How many bytes; at most 8 MiB.
    length: Option<u64>,
    /// `utf8` (default) or `base64`.
    #[serde(default)]
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Utf8,
    Base64,
}

/// Parameters of `fs.write`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WriteParams {
    /// A root's name, then the path in it.
    path: String,
    /// The text.
    content: Option<String>,
    /// Bytes in place of a text.
    base64: Option<String>,
    /// What becomes of a file that is there.
    #[serde(default)]
    mode: WriteMode,
    /// Whether folders that are missing are made.
    #[serde(default)]
    create_parents: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WriteMode {
    /// It is replaced as a whole.
    #[default]
    Replace,
    /// It is an error.
    Create,
    /// The new content is added to it.
    Append,
}

/// A place beneath a root.
#[derive(Clone, Debug)]
struct Place {
    root: Root,
    /// The path that the caller named, made plain.
    shown: String,
    inside: PathBuf,
}

impl Files {
    /// Returns the family over the owner's folders.
    pub(super) const fn new(roots: BTreeMap<String, Root>) -> Self {
        Self { roots }
    }

    /// Reads a path: the name of a root, then normal parts only.
    fn place(&self, path: &str) -> Result<Place, Refusal> {
        let names = || self.roots.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        if path.contains('\0') || path.len() > MAX_PATH {
            return Err(Refusal::invalid("path: too long, or with a zero byte"));
        }
        let mut parts = Vec::new();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => {
                    return Err(Refusal::invalid(format!(
                        "path: begin with the name of a root ({}) and use no \"..\"",
                        names()
                    )));
                }
            }
        }
        let Some((name, inside)) = parts.split_first() else {
            return Err(Refusal::invalid(format!("path: begin with the name of a root ({})", names())));
        };
        let Some(root) = self.roots.get(name) else {
            return Err(Refusal::invalid(format!("path: no root is called {name}; there are {}", names())));
        };
        Ok(Place { root: root.clone(), shown: parts.join("/"), inside: inside.iter().collect() })
    }

    fn list_roots(&self) -> Value {
        let entries: Vec<Value> = self
            .roots
            .iter()
            .map(|(name, root)| json!({"name": name, "path": name, "kind": "folder", "writable": root.write}))
            .collect();
        json!({ "path": "", "entries": entries })
    }
}

#[async_trait]
impl Family for Files {
    fn cap(&self) -> &'static str {
        "fs"
    }

    fn offers(&self) -> Vec<Offer> {
        let none = self.roots.is_empty().then_some("no folder is named in [fs.roots] of node.toml");
        let no_write = self.roots.values().all(|root| !root.write);
        let no_write = none.or(no_write.then_some("no folder in [fs.roots] of node.toml has write = true"));
        vec![
            Offer::new::<PathParams>("fs.listDir", none),
            Offer::new::<PathParams>("fs.stat", none),
            Offer::new::<ReadParams>("fs.read", none),
            Offer::new::<WriteParams>("fs.write", no_write),
        ]
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        let work: Box<dyn FnOnce() -> Answer + Send> = match command {
            "fs.listDir" | "fs.stat" => {
                let PathParams { path } = call.params()?;
                let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(self.list_roots()) };
                let place = self.place(&path)?;
                if command == "fs.stat" {
                    Box::new(move || work::stat(&place))
                } else {
                    Box::new(move || work::list(&place))
                }
            }
            "fs.read" => {
                let params: ReadParams = call.params()?;
                let place = self.place(&params.path)?;
                Box::new(move || work::read(&place, &params))
            }
            _ => {
                let params: WriteParams = call.params()?;
                let place = self.place(&params.path)?;
                Box::new(move || work::write(&place, &params))
            }
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Refusal::unavailable(format!("the file could not be worked on: {error}")))?
    }
}

const MAX_PATH: usize = 4096;

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
