//! The policy file: read anew for each decision, replaced as a whole, private to its owner.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use schemas::exec_policy::{ExecAllowed, ExecPolicy};
use sha2::{Digest as _, Sha256};

use super::rule;

/// The file, and who may write it now.
#[derive(Debug)]
pub(in crate::approvals) struct PolicyFile {
    path: PathBuf,
    /// Held from reading the old text to the rename: two writers cannot lose each other's change.
    writing: Mutex<()>,
}

/// The policy as the file has it.
#[derive(Clone, Debug)]
pub struct PolicySnapshot {
    /// The file.
    pub path: PathBuf,
    /// Whether it exists.
    pub exists: bool,
    /// SHA-256 of its text in lowercase hex.
    pub hash: String,
    /// What it says.
    pub policy: ExecPolicy,
}

/// Why the policy cannot be read or changed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The disk refused.
    #[error("the policy file {path} cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error(
        "the policy file {path} is not valid: {mistake}; correct it, or write it anew with exec.approvals.set"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        mistake: String,
    },
    /// The caller did not say which text it saw.
    #[error("exec approvals base hash required; re-run exec.approvals.get and retry")]
    NoBase,
    /// The caller did not see the present text.
    #[error("exec approvals changed since last load; re-run exec.approvals.get and retry")]
    Stale,
    /// It is written, but the audit trail could not be.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The new policy cannot be one.
    #[error("/file: {0}")]
    Invalid(String),
}

impl PolicyFile {
    pub(in crate::approvals) fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("exec-approvals.json"), writing: Mutex::new(()) }
    }

    /// Reads it; a missing one says nothing.
    pub(super) fn read(&self) -> Result<PolicySnapshot, PolicyError> {
        let text = self.text()?;
        let policy = match &text {
            Some(text) => self.parse(text)?,
            None => ExecPolicy::default(),
        };
        let (exists, hash) = (text.is_some(), hash(text.as_deref()));
        Ok(PolicySnapshot { path: self.path.clone(), exists, hash, policy })
    }

    /// Writes a new policy in place of the one that the caller saw.
    pub(super) fn replace(
        &self,
        policy: ExecPolicy,
        base: Option<&str>,
    ) -> Result<PolicySnapshot, PolicyError> {
        let policy = ExecPolicy { socket: None, ..policy };
        let entries = || policy.agents.values().flat_map(|agent| &agent.allowlist);
        if let Some(mistake) = entries().find_map(rule::mistake) {
            return Err(PolicyError::Invalid(mistake));
        }
        if entries().count() > MAX_ENTRIES {
            return Err(PolicyError::Invalid(format!("more than {MAX_ENTRIES} entries")));
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // A broken file can be replaced too, by whoever saw it.
        let present = self.text()?;
        match base {
            None if present.is_some() => return Err(PolicyError::NoBase),
            Some(base) if base != hash(present.as_deref()) => return Err(PolicyError::Stale),
            _ => {}
        }
        self.write(policy)
    }

    /// Adds an entry to an agent's list, unless it is there.
    pub(super) fn add(&self, agent: &str, entry: ExecAllowed) -> Result<(), PolicyError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut policy = self.read()?.policy;
        let list = &mut policy.agents.entry(agent.to_owned()).or_default().allowlist;
        let same = |other: &ExecAllowed| {
            (other.source, &other.pattern, &other.arg_pattern)
                == (entry.source, &entry.pattern, &entry.arg_pattern)
        };
        if list.iter().any(same) {
            return Ok(());
        }
        if list.len() >= MAX_ENTRIES {
            return Err(PolicyError::Invalid(format!("more than {MAX_ENTRIES} entries")));
        }
        list.push(entry);
        self.write(policy).map(drop)
    }

    fn text(&self) -> Result<Option<String>, PolicyError> {
        let mut text = String::new();
        let read =
            fs::File::open(&self.path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
        match read {
            Ok(bytes) if bytes as u64 > MAX_BYTES => {
                Err(self.broken(format!("longer than {MAX_BYTES} bytes")))
            }
            Ok(_) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn parse(&self, text: &str) -> Result<ExecPolicy, PolicyError> {
        let policy: ExecPolicy =
            serde_json::from_str(text).map_err(|error| self.broken(error.to_string()))?;
        if policy.version != 1 {
            return Err(self.broken(format!("version {} is not known; version 1 is", policy.version)));
        }
        Ok(policy)
    }

    fn write(&self, policy: ExecPolicy) -> Result<PolicySnapshot, PolicyError> {
        let failed = |error| self.failed(error);
        let mut text = serde_json::to_string_pretty(&policy).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let fresh = self.path.with_extension("json.new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&fresh).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&fresh, &self.path).map_err(failed)?;
        let hash = hash(Some(&text));
        Ok(PolicySnapshot { path: self.path.clone(), exists: true, hash, policy })
    }

    fn failed(&self, source: io::Error) -> PolicyError {
        PolicyError::Io { path: self.path.clone(), source }
    }

    fn broken(&self, mistake: String) -> PolicyError {
        PolicyError::Format { path: self.path.clone(), mistake }
    }
}

fn hash(text: Option<&str>) -> String {
    hex::encode(Sha256::digest(text.unwrap_or_default()))
}

/// Bytes of the file.
const MAX_BYTES: u64 = 1 << 20;
/// Entries of all lists.
const MAX_ENTRIES: usize = 1000;
