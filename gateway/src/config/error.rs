//! What can be wrong with the configuration: every mistake names its key, its line and the next step.

use std::fmt;
use std::path::PathBuf;

use schemas::methods::config::ConfigIssue;

/// One mistake. Its text never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Dotted key, empty where the file as a whole is no TOML.
    pub key: String,
    /// Line and column in the file, from 1; `None`: the value comes from a flag, the environment or a default.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Mistake {
    /// Returns a mistake of a key whose place is not known yet.
    pub(super) fn at(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), place: None, message: message.into() }
    }

    /// Returns the mistake as `config.get` reports it.
    pub fn issue(&self) -> ConfigIssue {
        let path = match self.place {
            Some((line, _)) => format!("{} (line {line})", self.key).trim_start().to_owned(),
            None => self.key.clone(),
        };
        ConfigIssue { path, message: self.message.clone() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The values are wrong.
    #[error("{}", invalid(file, mistakes))]
    Invalid {
        /// The file they are in.
        file: PathBuf,
        /// All mistakes that were found.
        mistakes: Vec<Mistake>,
    },
    /// The file named with `--config` or `LANDLINE_CONFIG` is not there.
    #[error("{} does not exist: create it, or leave out --config and LANDLINE_CONFIG", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The state directory cannot be made or is not safe.
    #[error("state directory {}: {why}", dir.display())]
    StateDir {
        /// The directory.
        dir: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// Neither a home directory nor a state directory is known.
    #[error("no home directory is known: set HOME, --state-dir or LANDLINE_STATE_DIR")]
    NoHome,
}

fn invalid(file: &std::path::Path, mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| {
            let key = if mistake.key.is_empty() { String::new() } else { format!("{}: ", mistake.key) };
            match mistake.place {
                Some((line, column)) => {
                    format!("{}:{line}:{column}: {key}{}", file.display(), mistake.message)
                }
                None => format!("{key}{}", mistake.message),
            }
        })
        .collect();
    lines.join("\n")
}
