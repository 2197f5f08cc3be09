//! Runs `git` so that neither the caller's environment nor what a run left in the repository decides what it does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::WorkspaceError;

/// A repository as seen from a folder.
#[derive(Clone, Debug)]
pub(super) struct Git {
    folder: PathBuf,
    /// A repository that lies elsewhere than in the folder.
    apart: Option<PathBuf>,
    index: Option<PathBuf>,
}

impl Git {
    /// Returns `git` in a folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), apart: None, index: None }
    }

    /// Returns `git` with its repository in `apart` and its files in `folder`.
    pub(super) fn apart(folder: &Path, apart: &Path) -> Self {
        Self { apart: Some(apart.to_owned()), ..Self::of(folder) }
    }

    /// Returns the same with an index of its own.
    pub(super) fn with_index(&self, index: &Path) -> Self {
        Self { index: Some(index.to_owned()), ..self.clone() }
    }

    /// Runs it and returns what it printed, without the line's end.
    pub(super) fn say<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String, WorkspaceError> {
        let said = self.run(args)?;
        Ok(String::from_utf8_lossy(&said).trim_end_matches('\n').to_owned())
    }

    /// Runs it and returns what it printed.
    pub(super) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, WorkspaceError> {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        // A run can write hooks and watchers into the repository that it shares; none of them is to run here.
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        command.arg("-C").arg(&self.folder).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if let Some(apart) = &self.apart {
            command.env("GIT_DIR", apart).env("GIT_WORK_TREE", &self.folder);
        }
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        let done = command.args(args).stdin(Stdio::null()).output().map_err(WorkspaceError::NoGit)?;
        if done.status.success() {
            return Ok(done.stdout);
        }
        let said: String = String::from_utf8_lossy(&done.stderr).trim().chars().take(500).collect();
        let command = args.first().map(|word| word.as_ref().to_string_lossy().into_owned());
        Err(WorkspaceError::Git { command: command.unwrap_or_default(), said })
    }

    /// Returns the patch from one state to another; it applies to binary files as well. `within` stands before the
    /// files' names.
    pub(super) fn patch(&self, from: &str, to: &str, within: &str) -> Result<Vec<u8>, WorkspaceError> {
        let prefixes = [format!("--src-prefix=a/{within}"), format!("--dst-prefix=b/{within}")];
        let plain = ["diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color"];
        let args = plain.into_iter().chain(prefixes.iter().map(String::as_str)).chain([from, to]);
        self.run(&args.collect::<Vec<_>>())
    }
}

const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "user.name=Landline",
    "user.email=landline@localhost",
    "core.quotePath=true",
    "diff.noprefix=false",
];
