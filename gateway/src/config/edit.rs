//! Changes the file safely: base-hash guard, checked before it is written, old versions kept.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use schemas::Clock;
use schemas::bounds::MAX_CONFIG_WRITES_PER_MINUTE;
use schemas::clock::Millis;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use toml_edit::DocumentMut;

use super::{Config, ConfigError, Mistake, Overrides, patch, read, redact};

/// Versions of the file that are kept.
const KEPT_VERSIONS: usize = 10;

/// Keys that one whole new text may leave out. More looks like a truncated or foreign file (it wiped real
/// configurations elsewhere): a patch, which names every key that it removes, is the way to drop more.
const MAX_REMOVED_KEYS: usize = 5;

/// The configuration file as it can be read and changed while the gateway runs.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
    history: PathBuf,
    overrides: Overrides,
    clock: Clock,
    /// Held from reading the old text to the rename: two writers cannot lose each other's change.
    writing: Mutex<()>,
}

/// Why a change was refused. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The caller did not see the present text.
    #[error("config changed since last load; re-run config.get and retry")]
    Stale,
    /// The patch cannot be applied.
    #[error("config.patch raw: {0}")]
    Patch(String),
    /// The new text would not be a valid configuration.
    #[error("{}", list(.0))]
    Invalid(Vec<Mistake>),
    /// The new text leaves out too much.
    #[error(
        "the new text leaves out {} keys ({}); no more than {MAX_REMOVED_KEYS} may go at once: send the whole text, or remove \
         keys by name with config.patch and null", .0.len(), .0.join(", ")
    )]
    Removes(Vec<String>),
    /// The disk refused.
    #[error("the configuration cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The file cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Returns the values that take effect at the next start only: all but `[channels]` and `[nodes]`.
fn slow(text: &str) -> Option<toml::Table> {
    let mut values = toml::from_str::<toml::Table>(text).ok()?;
    for at_once in ["channels", "nodes"] {
        values.remove(at_once);
    }
    Some(values)
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The file as it is, secrets hidden.
#[derive(Debug)]
pub struct Shown {
    /// The file.
    pub path: PathBuf,
    /// Whether it exists.
    pub exists: bool,
    /// Its text; empty where it is no TOML, since secrets cannot be told apart in it then.
    pub raw: String,
    /// Its values.
    pub parsed: Value,
    /// The values in force after a restart.
    pub config: Value,
    /// SHA-256 of its text in lowercase hex.
    pub hash: String,
    /// What is wrong with it.
    pub mistakes: Vec<Mistake>,
}

/// A change that is on the disk.
#[derive(Debug)]
pub struct Edited {
    /// The file.
    pub path: PathBuf,
    /// The values in force after a restart, secrets hidden.
    pub config: Value,
    /// SHA-256 of the new text.
    pub hash: String,
    /// Whether a value differs from before that is read at the gateway's start.
    pub changed: bool,
}

impl ConfigFile {
    /// Returns the file behind `config`, which was loaded with `overrides`.
    pub fn new(config: &Config, overrides: Overrides, clock: Clock) -> Self {
        Self {
            path: config.path.clone(),
            history: config.state_dir.join("config-history"),
            overrides,
            clock,
            writing: Mutex::new(()),
        }
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the clock that stamps versions.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads the file as it is now, flags and environment above it.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let text = read(&self.path)?.unwrap_or_default();
        Config::from_text(&text, &self.overrides)
    }

    /// Reads the file.
    pub fn get(&self) -> Result<Shown, EditError> {
        let text = read(&self.path)?;
        let exists = text.is_some();
        let text = text.unwrap_or_default();
        let (config, mistakes) = match Config::from_text(&text, &self.overrides) {
            Ok(config) => (config.values(), Vec::new()),
            Err(ConfigError::Invalid { mistakes, .. }) => (Value::Object(serde_json::Map::new()), mistakes),
            Err(other) => return Err(other.into()),
        };
        let (raw, parsed) = match text.parse::<DocumentMut>() {
            Ok(mut document) => {
                redact::hide(&mut document);
                let raw = document.to_string();
                let parsed = toml::from_str(&raw).unwrap_or_default();
                (raw, parsed)
            }
            Err(_) => (String::new(), Value::Object(serde_json::Map::new())),
        };
        Ok(Shown { path: self.path.clone(), exists, raw, parsed, config, hash: hash(&text), mistakes })
    }

    /// Replaces the whole text; the placeholder keeps the old secret.
    pub fn set(&self, raw: &str, base: Option<&str>) -> Result<Edited, EditError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.guarded(base)?;
        let mut document: DocumentMut = match raw.parse() {
            Ok(document) => document,
            // The checking parser says where and without quoting.
            Err(_) => return Err(self.validate(raw).err().unwrap_or(EditError::Invalid(Vec::new()))),
        };
        let before: DocumentMut = old.parse().unwrap_or_default();
        redact::restore(&mut document, &before).map_err(EditError::Invalid)?;
        let removed: Vec<String> = keys(&before).difference(&keys(&document)).cloned().collect();
        if removed.len() > MAX_REMOVED_KEYS {
            return Err(EditError::Removes(removed));
        }
        self.write(&old, &document.to_string())
    }

    /// Applies a merge patch written as JSON5; null removes a key, comments stay.
    pub fn patch(&self, raw: &str, base: Option<&str>) -> Result<Edited, EditError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.guarded(base)?;
        let Ok(Value::Object(change)) = json5::from_str::<Value>(raw) else {
            return Err(EditError::Patch("must be the text of a JSON5 object".into()));
        };
        let Ok(before) = old.parse::<DocumentMut>() else {
            return Err(EditError::Patch("the file is no TOML: send the whole text with config.set".into()));
        };
        let mut document = before.clone();
        patch::apply(&mut document, &change).map_err(EditError::Patch)?;
        redact::restore(&mut document, &before).map_err(EditError::Invalid)?;
        self.write(&old, &document.to_string())
    }

    /// Returns the present text if `base` is its hash. Without a file there is nothing to overwrite, so no
    /// hash is needed.
    fn guarded(&self, base: Option<&str>) -> Result<String, EditError> {
        let old = read(&self.path)?;
        let current = old.is_some() || base.is_some();
        let old = old.unwrap_or_default();
        if current && base != Some(hash(&old).as_str()) {
            return Err(EditError::Stale);
        }
        Ok(old)
    }

    fn validate(&self, text: &str) -> Result<Config, EditError> {
        Config::from_text(text, &self.overrides).map_err(|error| match error {
            ConfigError::Invalid { mistakes, .. } => EditError::Invalid(mistakes),
            other => other.into(),
        })
    }

    fn write(&self, old: &str, new: &str) -> Result<Edited, EditError> {
        let config = self.validate(new)?;
        if old != new {
            self.keep(old)?;
            replace(&self.path, new)?;
        }
        Ok(Edited {
            path: self.path.clone(),
            config: config.values(),
            hash: hash(new),
            changed: slow(old) != slow(new),
        })
    }

    /// Stores the version that is about to be replaced and forgets the oldest ones.
    fn keep(&self, old: &str) -> io::Result<()> {
        if old.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.history)?;
        fs::set_permissions(&self.history, fs::Permissions::from_mode(0o700))?;
        let name = format!("config-{:015}-{}.toml", self.clock.now(), &hash(old)[..8]);
        replace(&self.history.join(name), old)?;
        let mut versions: Vec<PathBuf> = fs::read_dir(&self.history)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        versions.sort();
        for stale in versions.iter().rev().skip(KEPT_VERSIONS) {
            fs::remove_file(stale)?;
        }
        Ok(())
    }
}

/// Returns the SHA-256 of a text in lowercase hex.
fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn keys(document: &DocumentMut) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    redact::read(document.as_table(), "", &mut |key, _| {
        keys.insert(key.to_owned());
    });
    keys
}

/// Writes a new file beside the old one, 0600, and puts it in its place once it is on the disk: a crash
/// leaves the old text or the new one, never half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let fresh = path.with_extension(format!("toml.{}.new", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh).and_then(
            |mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            },
        );
    let done = written.and_then(|()| fs::rename(&fresh, path)).and_then(|()| fs::File::open(dir)?.sync_all());
    if done.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    done
}

/// Counts the writes of each caller over the last minute (protocol 5.9).
#[derive(Debug)]
pub struct WriteLimiter {
    clock: Clock,
    callers: Mutex<HashMap<String, VecDeque<Millis>>>,
}

impl WriteLimiter {
    /// Returns a limiter that has seen nobody.
    pub fn new(clock: Clock) -> Self {
        Self { clock, callers: Mutex::default() }
    }

    /// Counts one write of `caller`; `Err`: too many, with the milliseconds until the next is allowed.
    pub fn admit(&self, caller: &str) -> Result<(), u64> {
        let now = self.clock.now();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        // Callers without a write in the window are forgotten, so the map stays as small as the traffic.
        callers.retain(|_, writes| {
            writes.retain(|at| now - at < WINDOW);
            !writes.is_empty()
        });
        let writes = callers.entry(caller.to_owned()).or_default();
        match writes.front() {
            Some(first) if writes.len() >= MAX_CONFIG_WRITES_PER_MINUTE as usize => {
                Err(u64::try_from(first + WINDOW - now).unwrap_or(0))
            }
            _ => {
                writes.push_back(now);
                Ok(())
            }
        }
    }
}

/// One minute in milliseconds.
const WINDOW: Millis = 60_000;
