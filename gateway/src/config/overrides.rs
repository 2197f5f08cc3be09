//! What flags and environment say: values that stand above the file.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Serialize;

use super::error::Mistake;
use super::log::LogFormat;
use super::parse::Sections;

/// Where a value in force comes from; the first of these that has one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A flag of the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// The file.
    File,
    /// Built in.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        })
    }
}

/// Flags, environment and home directory, as the command line collected them.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// What flags say.
    pub flags: Layer,
    /// What the environment says.
    pub environment: Layer,
    /// The person's home directory, under which `.landline` lies.
    pub home: Option<PathBuf>,
}

/// The values that one of flags and environment can set.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// `--state-dir`, `LANDLINE_STATE_DIR`.
    pub state_dir: Option<PathBuf>,
    /// `--config`, `LANDLINE_CONFIG`.
    pub config: Option<PathBuf>,
    /// `--host`.
    pub host: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--token`, `LANDLINE_GATEWAY_TOKEN`.
    pub token: Option<SecretString>,
    /// `LANDLINE_LOG`.
    pub log_level: Option<String>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
}

impl Overrides {
    /// Reads the environment through `variable`; empty variables count as absent. Flags are still to be set.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let text =
            |name: &str| variable(name).and_then(|value| value.into_string().ok()).filter(|t| !t.is_empty());
        Self {
            flags: Layer::default(),
            environment: Layer {
                state_dir: path("LANDLINE_STATE_DIR"),
                config: path("LANDLINE_CONFIG"),
                token: text("LANDLINE_GATEWAY_TOKEN").map(SecretString::from),
                log_level: text("LANDLINE_LOG"),
                ..Layer::default()
            },
            home: path("HOME"),
        }
    }

    /// Returns the state directory and where its name comes from; `None`: no home directory is known.
    pub fn state_dir(&self) -> Option<(PathBuf, Source)> {
        let given = |layer: &Layer, source| layer.state_dir.clone().map(|dir| (dir, source));
        given(&self.flags, Source::Flag)
            .or_else(|| given(&self.environment, Source::Environment))
            .or_else(|| self.home.as_ref().map(|home| (home.join(".landline"), Source::Default)))
    }

    /// Returns the file that was named and by whom; `None`: the state directory's own is meant.
    pub(super) fn config_file(&self) -> Option<(PathBuf, Source)> {
        let given = |layer: &Layer, source| layer.config.clone().map(|file| (file, source));
        given(&self.flags, Source::Flag).or_else(|| given(&self.environment, Source::Environment))
    }

    /// Puts the layers over the file's values; returns the keys that were set and by which layer.
    pub(super) fn apply(
        &self,
        sections: &mut Sections,
        mistakes: &mut Vec<Mistake>,
    ) -> Vec<(&'static str, Source)> {
        let mut set = Vec::new();
        self.environment.apply(sections, Source::Environment, &mut set, mistakes);
        self.flags.apply(sections, Source::Flag, &mut set, mistakes);
        set
    }
}

impl Layer {
    fn apply(
        &self,
        sections: &mut Sections,
        source: Source,
        set: &mut Vec<(&'static str, Source)>,
        mistakes: &mut Vec<Mistake>,
    ) {
        if let Some(host) = &self.host {
            match host.parse() {
                Ok(host) => sections.gateway.host = host,
                Err(message) => mistakes.push(Mistake::at("gateway.host", message)),
            }
            set.push(("gateway.host", source));
        }
        if let Some(port) = self.port {
            sections.gateway.port = port;
            set.push(("gateway.port", source));
        }
        if let Some(token) = &self.token {
            sections.gateway.token = Some(token.clone());
            set.push(("gateway.token", source));
        }
        if let Some(level) = &self.log_level {
            sections.log.level.clone_from(level);
            set.push(("log.level", source));
        }
        if let Some(format) = self.log_format {
            sections.log.format = format;
            set.push(("log.format", source));
        }
    }
}
