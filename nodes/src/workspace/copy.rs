//! A copy of the folder without what its ignore rules name; what the run changed comes back as a patch.

use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::git::Git;
use super::{Options, WorkspaceError, io, private_folder};

/// A copy.
#[derive(Debug)]
pub(super) struct Copy {
    /// What the patch applies to: the commit that the folder was at, or the state of the copy itself.
    pub(super) begin: String,
    home: PathBuf,
    files: PathBuf,
    /// The part of a repository that the folder is.
    within: String,
    git: Git,
}

impl Copy {
    pub(super) fn make(base: &Path, task: &str, options: &Options) -> Result<Self, WorkspaceError> {
        let home = options.state_dir.join(COPIES).join(task);
        let files = home.join("files");
        let own = options.state_dir.canonicalize().unwrap_or_else(|_| options.state_dir.clone());
        if base.canonicalize().map_err(io(base))? == own {
            return Err(WorkspaceError::OwnFolder(base.to_owned()));
        }
        private_folder(&files)?;
        let made = copy(base, &files, own).and_then(|()| Self::begin(base, &home, &files));
        if made.is_err() {
            // Nothing has worked in it yet.
            drop(std::fs::remove_dir_all(&home));
        }
        made
    }

    fn begin(base: &Path, home: &Path, files: &Path) -> Result<Self, WorkspaceError> {
        let repository = home.join("begin.git");
        let init = ["init", "--quiet", "--bare", "--template="].map(std::ffi::OsStr::new);
        Git::of(home).run(&init.into_iter().chain([repository.as_os_str()]).collect::<Vec<_>>())?;
        let git = Git::apart(files, &repository);
        git.run(&["config", "core.bare", "false"])?;
        git.run(&["add", "--all", "--", "."])?;
        let tree = git.say(&["write-tree"])?;
        git.run(&["update-ref", BEGIN, &git.say(&["commit-tree", &tree, "-m", "begin"])?])?;
        let here = Git::of(base);
        let clean = here.say(&["status", "--porcelain", "--", "."]).is_ok_and(|said| said.is_empty());
        let commit = here.say(&["rev-parse", "--verify", "--quiet", "HEAD"]).ok().filter(|_| clean);
        // A part of a repository: the patch names its files as the repository does.
        let within = here.say(&["rev-parse", "--show-prefix"]).unwrap_or_default();
        let begin = commit.unwrap_or(tree);
        Ok(Self { begin, home: home.to_owned(), files: files.to_owned(), within, git })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.files
    }

    /// Returns the patch from the copy as it was.
    pub(super) fn capture(&mut self) -> Result<Option<Vec<u8>>, WorkspaceError> {
        self.git.run(&["add", "--all", "--", "."])?;
        let tree = self.git.say(&["write-tree"])?;
        let patch = self.git.patch(BEGIN, &tree, &self.within)?;
        Ok((!patch.is_empty()).then_some(patch))
    }

    pub(super) fn remove(self) -> Result<(), WorkspaceError> {
        std::fs::remove_dir_all(&self.home).map_err(io(&self.home))
    }
}

/// Copies files, links and folders, but nothing of `own`, where the copies themselves lie; on file systems that can, a copy shares its blocks with the original.
fn copy(base: &Path, to: &Path, own: PathBuf) -> Result<(), WorkspaceError> {
    let (mut files, mut bytes) = (0_u64, 0_u64);
    let walk = WalkBuilder::new(base)
        .standard_filters(false)
        .git_ignore(true)
        .git_exclude(true)
        .ignore(true)
        .parents(true)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| entry.file_name() != ".git" && !is(entry, &own))
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| io(base)(std::io::Error::other(error)))?;
        let Some(within) = entry.path().strip_prefix(base).ok().filter(|path| !path.as_os_str().is_empty())
        else {
            continue;
        };
        let (from, target) = (entry.path(), to.join(within));
        files += 1;
        if files > MOST_FILES {
            return Err(WorkspaceError::TooLarge { limit: "200,000 files" });
        }
        let kind = entry.file_type();
        if kind.is_some_and(|kind| kind.is_dir()) {
            private_folder(&target)?;
        } else if kind.is_some_and(|kind| kind.is_symlink()) {
            let points = std::fs::read_link(from).map_err(io(from))?;
            std::os::unix::fs::symlink(points, &target).map_err(io(&target))?;
        } else if kind.is_some_and(|kind| kind.is_file()) {
            bytes += std::fs::copy(from, &target).map_err(io(from))?;
            if bytes > MOST_BYTES {
                return Err(WorkspaceError::TooLarge { limit: "4 GiB" });
            }
        }
    }
    Ok(())
}

fn is(entry: &DirEntry, folder: &Path) -> bool {
    entry.file_name() == folder.file_name().unwrap_or_default()
        && entry.path().canonicalize().is_ok_and(|path| path == folder)
}

/// Folder of the copies in the state directory.
pub(super) const COPIES: &str = "copies";
const BEGIN: &str = "refs/heads/begin";
const MOST_FILES: u64 = 200_000;
const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;
