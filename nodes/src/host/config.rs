//! `node.toml`: what the machine's owner lets the gateway do here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemas::Fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::work::WorkerConfig;

/// The whole file. Every key is optional.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The node's name for people; the host name when absent.
    pub name: Option<String>,
    /// The gateway; the one it was paired with when absent.
    pub gateway: Option<String>,
    /// SHA-256 of the gateway's certificate.
    pub tls_fingerprint: Option<Fingerprint>,
    /// Commands that are never offered: names, or beginnings followed by `*`.
    pub deny: Vec<String>,
    /// Running programs.
    pub exec: Exec,
    /// Folders.
    pub fs: Fs,
    /// Where this machine is.
    pub location: Location,
    /// The browser that shows canvases.
    pub canvas: Canvas,
    /// Work for the gateway.
    pub worker: WorkerConfig,
    /// The owner's own commands, by name.
    pub commands: BTreeMap<String, Declared>,
}

/// How freely programs are run; the stricter of this and `exec-approvals.json` holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// None.
    Deny,
    /// Those on the list; others after an approval.
    #[default]
    Allowlist,
    /// All.
    Full,
}

/// When an approved plan is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Always.
    Always,
    /// When the program is not on the list.
    #[default]
    OnMiss,
    /// Never: what is not on the list is refused.
    Off,
}

/// `[exec]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exec {
    /// How freely programs are run.
    pub security: Security,
    /// When an approved plan is needed.
    pub ask: Ask,
    /// Programs that need no approval.
    pub allow: Vec<Allowed>,
    /// Where programs run when the caller names no folder; the home folder when absent.
    pub cwd: Option<PathBuf>,
    /// Variables that a caller may set, besides language, time zone, terminal and `CI`.
    pub env: Vec<String>,
    /// Variables of the node that programs are given, besides the basic ones.
    pub env_pass: Vec<String>,
}

/// `[[exec.allow]]`: a program that needs no approval.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Its path, or a name on the `PATH`.
    pub program: String,
    /// Its arguments: each word as it must be, `*` for any one, a last `**` for any rest. Any when absent.
    pub args: Option<Vec<String>>,
}

/// `[fs]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fs {
    /// `[fs.roots.NAME]`: folders by name.
    pub roots: BTreeMap<String, Root>,
}

/// A folder that may be read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The folder.
    pub path: PathBuf,
    /// Files may be written, too.
    #[serde(default)]
    pub write: bool,
}

/// `[location]`: a fixed place, or a program that prints one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Location {
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Metres within which that is right.
    pub accuracy_meters: Option<f64>,
    /// A program and its arguments; it prints `{"lat":…,"lon":…,"accuracyMeters":…}`.
    pub command: Vec<String>,
}

/// `[canvas]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Canvas {
    /// Whether canvases are shown.
    pub enabled: bool,
    /// The browser; a Chromium on the `PATH` when absent.
    pub browser: Option<PathBuf>,
    /// A window on the screen rather than a page that only snapshots show.
    pub visible: bool,
    /// Hosts besides the gateway whose pages may be shown, `host` or `host:port`.
    pub hosts: Vec<String>,
}

impl Default for Canvas {
    fn default() -> Self {
        Self { enabled: true, browser: None, visible: false, hosts: Vec::new() }
    }
}

/// `[commands."NAME"]`: a command of the owner's own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// A program and its arguments: parameters on its stdin as JSON, the payload on its stdout.
    pub program: Vec<String>,
    /// The JSON Schema of its parameters; any object when absent.
    #[serde(default)]
    pub schema: Option<Value>,
    /// Where it runs; the home folder when absent.
    #[serde(default)]
    pub cwd: Option<PathBuf>,
    /// Variables of the node that it is given, besides the basic ones.
    #[serde(default)]
    pub env_pass: Vec<String>,
    /// How long it may take, in seconds.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u64,
}

impl Declared {
    /// Returns how long it may take.
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

const fn default_timeout() -> u64 {
    30
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML, or a key is wrong.
    #[error("{}: {why}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Which key and why.
        why: String,
    },
}

impl Config {
    /// Reads the file; a missing one counts as empty.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let invalid = |why| ConfigError::Invalid { path: path.to_owned(), why };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Io { path: path.to_owned(), source }),
        };
        let config: Self = toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        config.check().map_err(invalid)?;
        Ok(config)
    }

    /// Finds what the types let through.
    fn check(&self) -> Result<(), String> {
        for (name, root) in &self.fs.roots {
            if !is_plain_name(name) {
                return Err(format!("fs.roots.{name}: use letters, digits, - and _ in a root's name"));
            }
            if !root.path.is_absolute() {
                return Err(format!("fs.roots.{name}.path: write an absolute path"));
            }
        }
        for (name, declared) in &self.commands {
            check_declared(name, declared)?;
        }
        let place = &self.location;
        if place.latitude.is_some() != place.longitude.is_some() {
            return Err("location: give latitude and longitude, or neither".into());
        }
        let off =
            |value: Option<f64>, most: f64| value.is_some_and(|value| value.is_nan() || value.abs() > most);
        if off(place.latitude, 90.0) || off(place.longitude, 180.0) {
            return Err("location: latitude is -90 to 90, longitude -180 to 180".into());
        }
        if self.exec.cwd.as_ref().is_some_and(|cwd| !cwd.is_absolute()) {
            return Err("exec.cwd: write an absolute path".into());
        }
        self.worker.check()?;
        match self.exec.env.iter().find(|name| is_dangerous_variable(name)) {
            Some(name) => {
                Err(format!("exec.env: {name} decides which code a program runs: no caller may set it"))
            }
            None => Ok(()),
        }
    }
}

fn check_declared(name: &str, declared: &Declared) -> Result<(), String> {
    let key = format!("commands.\"{name}\"");
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() < 2 || name.len() > MAX_NAME || !parts.iter().all(|part| is_plain_name(part)) {
        return Err(format!("{key}: a command's name has at least two parts, such as my.tool"));
    }
    if RESERVED.contains(&parts[0]) {
        return Err(format!("{key}: names that begin with {}. belong to the protocol", parts[0]));
    }
    let Some(program) = declared.program.first() else {
        return Err(format!("{key}.program: name a program and its arguments"));
    };
    if !Path::new(program).is_absolute() && program.contains('/') {
        return Err(format!("{key}.program: write an absolute path or a name on the PATH"));
    }
    if declared.timeout_seconds == 0 {
        return Err(format!("{key}.timeout_seconds: at least 1"));
    }
    if let Some(schema) = &declared.schema {
        jsonschema::validator_for(schema).map_err(|error| format!("{key}.schema: {error}"))?;
    }
    Ok(())
}

/// Says whether a variable decides which code a program loads or runs, so that nobody may set it from afar.
pub(super) fn is_dangerous_variable(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.is_empty()
        || upper.contains(['=', '\0'])
        || DANGEROUS_STARTS.iter().any(|start| upper.starts_with(start))
        || DANGEROUS.contains(&upper.as_str())
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Longest name of a command, in bytes.
const MAX_NAME: usize = 96;
const RESERVED: [&str; 9] =
    ["system", "device", "fs", "camera", "screen", "location", "canvas", "node", "browser"];
const DANGEROUS_STARTS: [&str; 8] =
    ["LD_", "DYLD_", "BASH_FUNC", "LANDLINE_", "PYTHON", "PERL", "RUBY", "GIT_"];
const DANGEROUS: [&str; 16] = [
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "BASH_ENV",
    "IFS",
    "PS4",
    "SHELLOPTS",
    "BASHOPTS",
    "PROMPT_COMMAND",
    "NODE_OPTIONS",
    "NODE_PATH",
    "JAVA_TOOL_OPTIONS",
    "GCONV_PATH",
    "EDITOR",
    "PAGER",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.toml");
        fs::write(&path, text).unwrap();
        Config::load(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        let config = Config::load(Path::new("/nowhere/node.toml")).unwrap();
        assert_eq!((config.exec.security, config.exec.ask), (Security::Allowlist, Ask::OnMiss));
        assert!(config.exec.allow.is_empty() && config.fs.roots.is_empty() && config.commands.is_empty());
    }

    #[test]
    fn a_whole_file() {
        let config = parse(
            r#"
            name = "Kitchen"
            deny = ["camera.*"]
            [exec]
            security = "full"
            ask = "always"
            [[exec.allow]]
            program = "uname"
            args = ["-a"]
            [fs.roots.work]
            path = "/srv"
            write = true
            [location]
            latitude = 52.5
            longitude = 13.4
            [commands."light.set"]
            program = ["/usr/local/bin/light"]
            schema = { type = "object", required = ["on"] }
            "#,
        )
        .unwrap();
        assert_eq!(config.exec.ask, Ask::Always);
        assert!(config.fs.roots["work"].write);
        assert_eq!(config.commands["light.set"].timeout(), Duration::from_secs(30));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("colour = 1", "colour"),
            ("[exec]\nsecurity = \"some\"", "security"),
            ("[fs.roots.\"a/b\"]\npath = \"/\"", "fs.roots"),
            ("[fs.roots.a]\npath = \"b\"", "absolute"),
            ("[location]\nlatitude = 1.0", "longitude"),
            ("[location]\nlatitude = 91.0\nlongitude = 0.0", "latitude"),
            ("[exec]\nenv = [\"LD_PRELOAD\"]", "LD_PRELOAD"),
            ("[commands.\"tool\"]\nprogram = [\"x\"]", "two parts"),
            ("[commands.\"system.x\"]\nprogram = [\"x\"]", "belong to the protocol"),
            ("[commands.\"a.b\"]\nprogram = []", "program"),
            ("[commands.\"a.b\"]\nprogram = [\"./x\"]", "absolute"),
            ("[commands.\"a.b\"]\nprogram = [\"x\"]\nschema = { type = 7 }", "schema"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
