//! A work tree of its own, outside the repository, on a branch of its own.

use std::path::{Path, PathBuf};

use super::git::Git;
use super::{Options, WorkspaceError, io, private_folder};

/// A work tree.
#[derive(Debug)]
pub(super) struct Worktree {
    /// `landline/TASK`.
    pub(super) branch: String,
    /// The repository's own folder.
    root: PathBuf,
    path: PathBuf,
    /// The part of the repository that the agent's folder is.
    within: PathBuf,
    /// The commit that the run began with.
    begin: String,
    changed: bool,
}

impl Worktree {
    pub(super) fn make(base: &Path, task: &str, options: &Options) -> Result<Self, WorkspaceError> {
        let git = Git::of(base);
        let no_repository = |error| match error {
            WorkspaceError::Git { .. } => WorkspaceError::NoRepository(base.to_owned()),
            other => other,
        };
        let root = PathBuf::from(git.say(&["rev-parse", "--show-toplevel"]).map_err(no_repository)?);
        let within = PathBuf::from(git.say(&["rev-parse", "--show-prefix"])?);
        let head = git.say(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
        let head = head.map_err(|_| WorkspaceError::NoCommit(base.to_owned()))?;
        let trees = options.state_dir.join(TREES);
        private_folder(&trees)?;
        let (path, branch) = (trees.join(task), format!("{PREFIX}{task}"));
        let git = Git::of(&root);
        let begin = if options.carry_dirty {
            carried(&git, &head, &trees.join(format!(".{task}.index")))?
        } else {
            head
        };
        let add = ["worktree", "add", "--quiet", "--no-track", "-b", &branch];
        let add = add.iter().map(std::ffi::OsStr::new);
        git.run(&add.chain([path.as_os_str(), begin.as_ref()]).collect::<Vec<_>>())?;
        Ok(Self { branch, root, path, within, begin, changed: false })
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.path.join(&self.within)
    }

    /// Commits what the run changed to the branch and returns the patch from where it began.
    pub(super) fn capture(&mut self) -> Result<Option<Vec<u8>>, WorkspaceError> {
        let git = Git::of(&self.path);
        git.run(&["add", "--all", "--", "."])?;
        let tree = git.say(&["write-tree"])?;
        let mut last = git.say(&["rev-parse", "HEAD"])?;
        if git.say(&["rev-parse", "HEAD^{tree}"])? != tree {
            let words = format!("Work of {}", self.branch);
            last = git.say(&["commit-tree", &tree, "-p", &last, "-m", &words])?;
        }
        // Wherever the run has gone, the branch holds what it left.
        git.run(&["update-ref", "--no-deref", "HEAD", &last])?;
        git.run(&["update-ref", &format!("refs/heads/{}", self.branch), &last])?;
        self.changed = last != self.begin;
        if !self.changed {
            return Ok(None);
        }
        git.patch(&self.begin, &last, "").map(Some)
    }

    /// Removes the work tree; the branch goes too if nothing was changed.
    pub(super) fn remove(self) -> Result<(), WorkspaceError> {
        let git = Git::of(&self.root);
        let args = ["worktree", "remove", "--force", "--force"].map(std::ffi::OsStr::new);
        if git.run(&args.into_iter().chain([self.path.as_os_str()]).collect::<Vec<_>>()).is_err() {
            match std::fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io(&self.path)(error));
                }
                _ => git.run(&["worktree", "prune"])?,
            };
        }
        if !self.changed {
            git.run(&["branch", "--quiet", "-D", &self.branch])?;
        }
        Ok(())
    }
}

/// Returns a commit that holds what is not committed in the folder too, ignored files aside; `head` if there is nothing.
fn carried(git: &Git, head: &str, index: &Path) -> Result<String, WorkspaceError> {
    let own = git.with_index(index);
    let tree = (|| {
        own.run(&["read-tree", head])?;
        own.run(&["add", "--all", "--", "."])?;
        own.say(&["write-tree"])
    })();
    drop(std::fs::remove_file(index));
    let tree = tree?;
    if git.say(&["rev-parse", &format!("{head}^{{tree}}")])? == tree {
        return Ok(head.to_owned());
    }
    git.say(&["commit-tree", &tree, "-p", head, "-m", "What was not committed when the work began"])
}

/// Folder of the work trees in the state directory.
pub(super) const TREES: &str = "worktrees";
const PREFIX: &str = "landline/";
