//! What is kept of conversations for agents that keep none themselves: one small file each, readable by this user alone.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The conversations of one kind of agent.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// Keeps them in `folder`, which is made with the first.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns what is kept of a conversation; `None` when nothing is, or nothing that can be read.
    pub(super) async fn read<T: DeserializeOwned>(&self, id: Uuid) -> Option<T> {
        let text = tokio::fs::read(self.path(id)).await.ok()?;
        let read = serde_json::from_slice(&text);
        read.inspect_err(
            |error| tracing::warn!(%error, %id, "What was kept of a conversation cannot be read"),
        )
        .ok()
    }

    /// Keeps `what` in place of what was kept before. Beyond [`MAX_KEPT`] conversations the oldest is forgotten.
    pub(super) async fn write(&self, id: Uuid, what: &(impl Serialize + Sync)) -> io::Result<()> {
        let (folder, path, text) = (self.folder.clone(), self.path(id), serde_json::to_vec(what)?);
        let written = tokio::task::spawn_blocking(move || store(&folder, &path, &text)).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

fn store(folder: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if !path.exists() {
        make_room(folder)?;
    }
    // Whole or not at all: a conversation that was torn by a crash could not be taken up.
    let beside = path.with_extension(format!("{}.part", Uuid::new_v4()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)
}

fn make_room(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .filter_map(|file| {
            let file = file.ok()?;
            Some((file.metadata().ok()?.modified().ok()?, file.path()))
        })
        .collect();
    if files.len() >= MAX_KEPT {
        files.sort_unstable();
        for (_, path) in files.drain(..=files.len() - MAX_KEPT) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Conversations of one kind.
const MAX_KEPT: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn what_is_kept_comes_back_and_is_for_this_user_alone() {
        let state = tempfile::tempdir().unwrap();
        let memory = Memory::new(state.path().join("model"));
        let id = Uuid::new_v4();
        assert_eq!(memory.read::<String>(id).await, None);
        memory.write(id, &"one".to_owned()).await.unwrap();
        memory.write(id, &"two".to_owned()).await.unwrap();
        assert_eq!(memory.read::<String>(id).await.as_deref(), Some("two"));
        let mode = std::fs::metadata(memory.path(id)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(memory.path(id), "torn").unwrap();
        assert_eq!(memory.read::<String>(id).await, None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MAX_KEPT {
            std::fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        make_room(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), MAX_KEPT - 1);
    }
}
