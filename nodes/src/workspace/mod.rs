//! Where a run works: in the agent's folder itself, in a work tree of its own, or in a copy. What it changed there is
//! kept before the place goes.
//!
//! Everything here blocks: call it beside the event loop. A place that is neither captured nor cleaned stays, and the
//! next [`sweep`] puts it aside instead of removing it.

mod copy;
mod git;
mod stay;
mod sweep;
mod worktree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use schemas::bounds::MAX_PATCH_BYTES;
use schemas::work::{Artifact, ArtifactKind, Isolation};

use crate::executor::Left;

pub use stay::Stay;
pub use sweep::{Quarantined, sweep, sweep_at_start};

/// Why a place could not be made, kept or removed.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The task's name cannot be part of a path.
    #[error("a task's name has 1 to 64 letters, digits, - and _ here")]
    Name,
    /// The folder is not there.
    #[error("the folder {} is not there", .0.display())]
    NoFolder(PathBuf),
    /// A work tree needs a repository.
    #[error("{} lies in no git repository; use isolation \"tmpdir\", or `git init` and commit there", .0.display())]
    NoRepository(PathBuf),
    /// A work tree needs something to begin with.
    #[error("the repository of {} has no commit yet; make one first", .0.display())]
    NoCommit(PathBuf),
    /// The folder is too large to be copied.
    #[error(
        "the folder holds more than {limit}; list what is not needed in .gitignore, or use isolation \"worktree\""
    )]
    TooLarge {
        /// Files or bytes.
        limit: &'static str,
    },
    /// The folder is what copies of it would lie in.
    #[error("{} is where Landline keeps its own files; give the agent another folder", .0.display())]
    OwnFolder(PathBuf),
    /// `git` is not there.
    #[error("git cannot be started")]
    NoGit(#[source] std::io::Error),
    /// `git` failed.
    #[error("git {command} failed: {said}")]
    Git {
        /// Its command.
        command: String,
        /// What it said.
        said: String,
    },
    /// A file could not be used.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// How places are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where work trees, copies and what was put aside lie: the worker's state directory.
    pub state_dir: PathBuf,
    /// Whether a work tree begins with what is not committed in the folder.
    pub carry_dirty: bool,
    /// Bytes of a patch that are kept.
    pub longest_patch: usize,
}

impl Options {
    /// Returns the usual options for a state directory: uncommitted changes go along, a patch is kept up to [`MAX_PATCH_BYTES`].
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self { state_dir: state_dir.into(), carry_dirty: true, longest_patch: MAX_PATCH_BYTES }
    }
}

/// Where one run works.
#[derive(Debug)]
pub struct Workspace {
    /// The folder that the run is to work in.
    pub path: PathBuf,
    place: Place,
    task: String,
    state_dir: PathBuf,
    longest_patch: usize,
    captured: bool,
}

#[derive(Debug)]
enum Place {
    Folder,
    Worktree(worktree::Worktree),
    Copy(copy::Copy),
}

impl Workspace {
    /// Makes the place for a task that works in `base`.
    pub fn prepare(
        isolation: Isolation,
        base: &Path,
        task: &str,
        options: &Options,
    ) -> Result<Self, WorkspaceError> {
        if !base.is_dir() {
            return Err(WorkspaceError::NoFolder(base.to_owned()));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&task.len()) || task.starts_with('-') || !task.bytes().all(fits) {
            return Err(WorkspaceError::Name);
        }
        sweep::make_room(&options.state_dir, task)?;
        let (path, place) = match isolation {
            Isolation::None => (base.to_owned(), Place::Folder),
            Isolation::Worktree => {
                let tree = worktree::Worktree::make(base, task, options)?;
                (tree.folder(), Place::Worktree(tree))
            }
            Isolation::Tmpdir => {
                let copy = copy::Copy::make(base, task, options)?;
                (copy.folder().to_owned(), Place::Copy(copy))
            }
        };
        let (task, state_dir) = (task.to_owned(), options.state_dir.clone());
        Ok(Self { path, place, task, state_dir, longest_patch: options.longest_patch, captured: false })
    }

    /// Keeps what the run changed: the branch of a work tree, with its patch; the patch of a copy. `None`: nothing was
    /// changed, or the run worked in the folder itself.
    pub fn capture(&mut self) -> Result<Option<Left>, WorkspaceError> {
        let kept = match &mut self.place {
            Place::Folder => None,
            Place::Worktree(tree) => {
                tree.capture()?.map(|patch| (ArtifactKind::Branch, tree.branch.clone(), patch))
            }
            Place::Copy(copy) => {
                copy.capture()?.map(|patch| (ArtifactKind::Patch, copy.begin.clone(), patch))
            }
        };
        self.captured = true;
        Ok(kept.map(|(kind, name, patch)| left(kind, name, patch, self.longest_patch)))
    }

    /// Says whether what was captured is held by nothing but the place itself and its patch.
    pub fn is_copy(&self) -> bool {
        matches!(self.place, Place::Copy(_))
    }

    /// Puts the place into `quarantine/` of the state directory instead of removing it; returns where it is now.
    pub fn put_aside(self) -> Result<PathBuf, WorkspaceError> {
        match &self.place {
            Place::Folder => Ok(self.path),
            Place::Worktree(_) => sweep::put_aside(&self.state_dir, worktree::TREES, &self.task),
            Place::Copy(_) => sweep::put_aside(&self.state_dir, copy::COPIES, &self.task),
        }
    }

    /// Removes the place. What was not captured is captured first; if that fails, the place stays.
    pub fn clean(mut self) -> Result<(), WorkspaceError> {
        if !self.captured {
            self.capture()?;
        }
        match self.place {
            Place::Folder => Ok(()),
            Place::Worktree(tree) => tree.remove(),
            Place::Copy(copy) => copy.remove(),
        }
    }
}

fn left(kind: ArtifactKind, name: String, mut patch: Vec<u8>, longest: usize) -> Left {
    let bytes = patch.len() as u64;
    let truncated = patch.len() > longest;
    patch.truncate(longest);
    // A patch of text that is no UTF-8 cannot travel as text and still apply.
    let (mut text, broken) = match String::from_utf8(patch) {
        Ok(text) => (text, false),
        Err(error) => {
            let cut = truncated && error.utf8_error().error_len().is_none();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), !cut)
        }
    };
    // Control characters take six times their room on the way.
    let dense =
        text.len() + 5 * text.bytes().filter(|byte| *byte < b' ' && !b"\t\n\r".contains(byte)).count();
    let too_wide = dense > 2 * longest.max(1024);
    if too_wide {
        text.truncate(text.floor_char_boundary(longest / 6));
    }
    Left { artifact: Artifact { kind, name, bytes }, text, truncated: truncated || broken || too_wide }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> WorkspaceError {
    let path = path.to_owned();
    move |source| WorkspaceError::Io { path, source }
}

/// Makes a folder that its owner alone can read.
fn private_folder(path: &Path) -> Result<(), WorkspaceError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))
}
