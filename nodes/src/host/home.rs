//! The node's own folder: identity, the gateway it was paired with, its lock and what it last said of itself.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use schemas::clock::Millis;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::IdentityStore;

/// `node/` in the state directory.
#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
}

/// The gateway that this node belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Its address.
    pub url: String,
}

/// What a running node says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its process.
    pub pid: u32,
    /// Its device's id.
    #[serde(default)]
    pub node_id: String,
    /// Its gateway.
    pub gateway: String,
    /// Whether it is connected.
    pub connected: bool,
    /// When that began or ended.
    pub since_ms: Millis,
    /// Why it is not connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Held by the one node that runs in a folder.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "its descriptor is the lock")] fs::File);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another node runs in this folder.
    #[error("a node runs here already: see `landline node status`")]
    Running,
}

impl Home {
    /// Returns the folder, which is made when it is first needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Returns where the folder is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the owner's configuration file.
    pub fn config(&self) -> PathBuf {
        self.dir.join("node.toml")
    }

    /// Returns the node's key and tokens.
    pub fn identity(&self) -> IdentityStore {
        IdentityStore::new(&self.dir)
    }

    /// Returns the list of programs that need no approval.
    pub(super) fn approvals(&self) -> PathBuf {
        self.dir.join("exec-approvals.json")
    }

    /// Makes the folder, for the owner only.
    pub fn create(&self) -> Result<(), HomeError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir);
        made.map_err(|source| HomeError::Io { path: self.dir.clone(), source })
    }

    /// Takes the folder for this process.
    pub fn lock(&self) -> Result<Lock, HomeError> {
        self.create()?;
        let path = self.dir.join("node.lock");
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|source| HomeError::Io { path: path.clone(), source })?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(HomeError::Running),
            Err(error) => Err(HomeError::Io { path, source: error.into() }),
        }
    }

    /// Returns the gateway that this node was paired with.
    pub fn known(&self) -> Option<Known> {
        self.read("gateway.json")
    }

    /// Keeps the gateway that this node was paired with.
    pub fn keep_known(&self, known: &Known) -> Result<(), HomeError> {
        self.write("gateway.json", known)
    }

    /// Says whether a node runs here.
    pub fn is_running(&self) -> bool {
        self.dir.join("node.lock").exists() && matches!(self.lock(), Err(HomeError::Running))
    }

    /// Returns what the node that runs here says of itself; `None`: none runs, or it has said nothing yet.
    pub fn report(&self) -> Option<Report> {
        if self.is_running() { self.read("status.json") } else { None }
    }

    /// Says how this node is. A disk that refuses is logged: the node goes on.
    pub(super) fn say(&self, report: &Report) {
        if let Err(error) = self.write("status.json", report) {
            tracing::warn!(%error, "The node's status could not be written");
        }
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.dir.join(name)).ok()?).ok()
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), HomeError> {
        self.create()?;
        let bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
        replace(&self.dir.join(name), &bytes)
    }
}

/// Writes a file as a whole or not at all, for the owner only.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let fresh = path.with_extension("new");
    let written = || {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    written().map_err(|source| HomeError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_at_a_time_and_only_it_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("node"));
        home.create().unwrap();
        home.say(&Report { connected: true, ..Report::default() });
        assert_eq!((home.report(), home.is_running()), (None, false));
        let lock = home.lock().unwrap();
        assert!(matches!(home.lock(), Err(HomeError::Running)));
        assert!(home.report().is_some_and(|report| report.connected));
        drop(lock);
        assert_eq!(home.report(), None);
    }

    #[test]
    fn the_gateway_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        assert_eq!(home.known(), None);
        let known = Known { url: "ws://h:1/".into() };
        home.keep_known(&known).unwrap();
        assert_eq!(home.known(), Some(known));
    }
}
