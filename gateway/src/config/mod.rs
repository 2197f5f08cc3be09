//! The configuration: one value, read once at the start, made of flags, environment, file and defaults.

mod agents;
pub mod channels;
mod edit;
mod error;
mod gateway;
mod hooks;
mod hosts;
mod log;
mod nodes;
mod openai;
mod overrides;
mod parse;
mod patch;
mod redact;
mod resolve;
mod sessions;
mod state_dir;
mod tls;
mod value;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

pub use agents::{AgentSection, Tools};
pub use channels::{Binding, ChannelSection, ChannelsSection, Platform};
pub use edit::{ConfigFile, EditError, Edited, Shown, WriteLimiter};
pub use error::{ConfigError, Mistake};
pub use gateway::{DEFAULT_PORT, GatewaySection};
pub use hooks::HooksSection;
pub use hosts::{address_of, is_local_name, same_host};
pub use log::{LogFormat, LogSection};
pub use nodes::{DANGEROUS, NodeCommands, NodesSection};
pub use openai::OpenaiSection;
pub use overrides::{Layer, Overrides, Source};
pub use parse::{Sections, json_schema, nearest};
pub use resolve::{Agent, Agents, find_program};
pub use sessions::{DmScope, SessionsSection};
pub use state_dir::prepare as prepare_state_dir;
pub use tls::TlsSection;
pub use value::{Host, IpRange, Span};

use parse::{Places, parse};

/// The configuration in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Section `[gateway]`.
    pub gateway: GatewaySection,
    /// Section `[sessions]`.
    pub sessions: SessionsSection,
    /// Sections `[agents.NAME]`; [`Config::agents`] turns them into agents that can run.
    pub agents: BTreeMap<String, AgentSection>,
    /// Sections `[channels.PLATFORM.NAME]`.
    pub channels: ChannelsSection,
    /// Sections `[[bindings]]`.
    pub bindings: Vec<Binding>,
    /// Section `[nodes]`.
    pub nodes: NodesSection,
    /// Section `[hooks]`.
    pub hooks: HooksSection,
    /// Section `[log]`.
    pub log: LogSection,
    /// The state directory, absolute.
    pub state_dir: PathBuf,
    /// The file, absolute; it need not exist.
    pub path: PathBuf,
    /// The person's home directory, for `~/`.
    home: Option<PathBuf>,
    sources: Sources,
}

/// Where each value comes from.
#[derive(Clone, Debug, Default)]
struct Sources {
    overridden: BTreeMap<&'static str, Source>,
    in_file: BTreeSet<String>,
    state_dir: Option<Source>,
    path: Option<Source>,
}

/// One key, its value in force (secrets hidden) and where that comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effective {
    /// Dotted key.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
}

impl Config {
    /// Reads the file and puts environment and flags above it. Makes nothing on disk.
    ///
    /// A file that was named must exist; without one, and with none in the state directory, defaults hold.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        let (path, named) = Self::path(overrides)?;
        let text = read(&path)?;
        if text.is_none() && named {
            return Err(ConfigError::Missing(path));
        }
        Self::from_text(text.as_deref().unwrap_or_default(), overrides)
    }

    /// Reads the file's text as [`Config::load`] does, without looking at the disk.
    pub fn from_text(text: &str, overrides: &Overrides) -> Result<Self, ConfigError> {
        let (path, _) = Self::path(overrides)?;
        let (state_dir, dir_source) = overrides.state_dir().ok_or(ConfigError::NoHome)?;
        let (mut sections, places) =
            parse(text).map_err(|mistakes| ConfigError::Invalid { file: path.clone(), mistakes })?;
        let mut mistakes = Vec::new();
        let overridden: BTreeMap<_, _> = overrides.apply(&mut sections, &mut mistakes).into_iter().collect();
        sections.check(&mut mistakes);
        for mistake in &mut mistakes {
            if !overridden.contains_key(mistake.key.as_str()) {
                mistake.place = places.of(&mistake.key);
            }
        }
        if !mistakes.is_empty() {
            return Err(ConfigError::Invalid { file: path, mistakes });
        }
        let sources = Sources {
            in_file: keys_in_file(&sections, &places),
            overridden,
            state_dir: Some(dir_source),
            path: overrides.config_file().map(|(_, source)| source),
        };
        let Sections { gateway, sessions, agents, channels, bindings, nodes, hooks, log } = sections;
        Ok(Self {
            gateway,
            sessions,
            agents,
            channels,
            bindings,
            nodes,
            hooks,
            log,
            state_dir: absolute(&state_dir),
            path,
            home: overrides.home.clone(),
            sources,
        })
    }

    /// Returns the file's path, and whether it was named by flag or environment.
    fn path(overrides: &Overrides) -> Result<(PathBuf, bool), ConfigError> {
        if let Some((file, _)) = overrides.config_file() {
            return Ok((absolute(&file), true));
        }
        let (dir, _) = overrides.state_dir().ok_or(ConfigError::NoHome)?;
        Ok((absolute(&dir).join("config.toml"), false))
    }

    /// Returns the person's home directory, for `~/`.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Lists every key with its value in force and where that comes from; secrets are hidden.
    pub fn effective(&self) -> Vec<Effective> {
        let mut rows = vec![
            Effective {
                key: "state_dir".into(),
                value: self.state_dir.to_string_lossy().into(),
                source: self.sources.state_dir.unwrap_or(Source::Default),
            },
            Effective {
                key: "config".into(),
                value: self.path.to_string_lossy().into(),
                source: self.sources.path.unwrap_or(Source::Default),
            },
        ];
        leaves(&self.values(), "", &mut |key, value| {
            rows.push(Effective { key: key.to_owned(), value: value.clone(), source: self.source(key) });
        });
        rows
    }

    /// Returns the values in force as JSON, secrets hidden.
    pub fn values(&self) -> Value {
        serde_json::json!({
            "gateway": self.gateway, "sessions": self.sessions, "agents": self.agents,
            "channels": self.channels, "bindings": self.bindings, "nodes": self.nodes, "hooks": self.hooks, "log": self.log,
        })
    }

    fn source(&self, key: &str) -> Source {
        match self.sources.overridden.get(key) {
            Some(source) => *source,
            None if self.sources.in_file.contains(key) => Source::File,
            None => Source::Default,
        }
    }
}

/// Reads the file; `None`: there is none.
fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { file: path.to_owned(), source }),
    }
}

fn keys_in_file(sections: &Sections, places: &Places) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let values = serde_json::to_value(sections).unwrap_or_default();
    leaves(&values, "", &mut |key, _| {
        if places.has(key) {
            keys.insert(key.to_owned());
        }
    });
    keys
}

/// Calls `see` with every dotted key that holds no table.
fn leaves(value: &Value, prefix: &str, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                leaves(inner, &parse::join(prefix, name), see);
            }
        }
        plain => see(prefix, plain),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
