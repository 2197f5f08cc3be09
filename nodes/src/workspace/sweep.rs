//! Puts aside what runs left behind that ended with the worker: nothing is removed unseen.

use std::path::{Path, PathBuf};

use super::copy::COPIES;
use super::git::Git;
use super::worktree::TREES;
use super::{WorkspaceError, io, private_folder};

/// A place that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The task.
    pub task: String,
    /// Where its files are now.
    pub path: PathBuf,
}

/// Puts the places of tasks that are not `alive` aside, into `quarantine/` of the state directory. Call it before the
/// first task begins. A work tree stays one, and its branch stays.
pub fn sweep(state_dir: &Path, alive: &[String]) -> Result<Vec<Quarantined>, WorkspaceError> {
    let mut found = Vec::new();
    for kind in [TREES, COPIES] {
        let folder = state_dir.join(kind);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io(&folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(io(&folder))?;
            let task = entry.file_name().to_string_lossy().into_owned();
            if alive.contains(&task) {
                continue;
            }
            if task.starts_with('.') {
                // An index that was in use; it holds nothing that is not elsewhere.
                drop(std::fs::remove_file(entry.path()));
                continue;
            }
            found.push(Quarantined { path: aside(state_dir, kind, &task, &entry.path())?, task });
        }
    }
    Ok(found)
}

fn aside(state_dir: &Path, kind: &str, task: &str, from: &Path) -> Result<PathBuf, WorkspaceError> {
    let quarantine = state_dir.join("quarantine");
    private_folder(&quarantine)?;
    let free = |number: u32| {
        let name = if number == 0 { task.to_owned() } else { format!("{task}.{number}") };
        quarantine.join(name)
    };
    let to = (0..=u32::MAX).map(free).find(|path| !path.exists()).unwrap_or_else(|| quarantine.join(task));
    let moved = kind == TREES && {
        let args = ["worktree", "move", "--force", "--force"].map(std::ffi::OsStr::new);
        let args: Vec<_> = args.into_iter().chain([from.as_os_str(), to.as_os_str()]).collect();
        Git::of(from).run(&args).is_ok()
    };
    if !moved {
        std::fs::rename(from, &to).map_err(io(from))?;
    }
    Ok(to)
}
