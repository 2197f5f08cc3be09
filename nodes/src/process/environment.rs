//! The environment a process is given: an allow-list, never the whole of the gateway's own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A set of environment variables. `Debug` shows the names only, since values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Returns the variables of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// Returns the variables named here, as far as they are set.
    #[must_use]
    pub fn pick<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let found = names.into_iter().filter_map(|name| {
            let value = self.0.get(OsStr::new(name))?;
            Some((OsString::from(name), value.clone()))
        });
        Self(found.collect())
    }

    /// Returns the value of a variable.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Sets a variable, over any former value.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets a variable unless it has a value already.
    pub fn set_default(&mut self, name: &str, value: &str) {
        self.0.entry(name.into()).or_insert_with(|| value.into());
    }

    /// Returns all names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The names every program gets: what it needs to find programs, files, a language and a terminal type.
    pub const BASIC: [&'static str; 13] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TERM",
        "TMPDIR",
        "TZ",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Returns the first executable file called `name` in the folders of `path` (the text of a `PATH`
/// variable), without running it.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(
        |file| file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_picked_and_values_are_not_shown() {
        let all: Environment = [("HOME", "/h"), ("LANDLINE_GATEWAY_TOKEN", "s3cret")]
            .map(|(k, v)| (k.into(), v.into()))
            .into_iter()
            .collect();
        let picked = all.pick(Environment::BASIC);
        assert_eq!(picked.value("HOME"), Some(OsStr::new("/h")));
        assert_eq!(picked.value("LANDLINE_GATEWAY_TOKEN"), None);
        assert!(!format!("{all:?}").contains("s3cret"));
    }

    #[test]
    fn a_program_is_found_by_its_execute_bit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("claude");
        std::fs::write(&file, "x").unwrap();
        let path = std::env::join_paths([std::path::Path::new("relative"), folder.path()]).unwrap();
        assert_eq!(find_program("claude", &path), None);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find_program("claude", &path), Some(file));
    }
}
