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
            found.push(Quarantined { path: put_aside(state_dir, kind, &task)?, task });
        }
    }
    Ok(found)
}

/// Sweeps before the first run of a program's life, and says in the log what was found.
pub async fn sweep_at_start(state_dir: PathBuf) {
    let swept = tokio::task::spawn_blocking(move || sweep(&state_dir, &[])).await;
    match swept {
        Ok(Ok(found)) => {
            for one in found {
                tracing::warn!(task = one.task, path = %one.path.display(), "Put aside what an interrupted run left");
            }
        }
        Ok(Err(error)) => tracing::error!(%error, "What interrupted runs left could not be put aside"),
        Err(error) => tracing::error!(%error, "What interrupted runs left was not looked for"),
    }
}

/// Puts aside what lies where a task's place is to be.
pub(super) fn make_room(state_dir: &Path, task: &str) -> Result<(), WorkspaceError> {
    for kind in [TREES, COPIES] {
        if state_dir.join(kind).join(task).exists() {
            put_aside(state_dir, kind, task)?;
        }
    }
    Ok(())
}

/// Moves a task's place into the quarantine and returns where it is now.
pub(super) fn put_aside(state_dir: &Path, kind: &str, task: &str) -> Result<PathBuf, WorkspaceError> {
    let from = &*state_dir.join(kind).join(task);
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
