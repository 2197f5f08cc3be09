//! Files that an agent has read and written for it, within the folders of its run.

use std::path::{Path, PathBuf};

use agent_client_protocol::Error;
use agent_client_protocol::v1::schema::{ReadTextFileRequest, WriteTextFileRequest};

/// The folders of a run; links in a path are followed before it is compared.
#[derive(Debug, Clone)]
pub(super) struct Folders(Vec<PathBuf>);

impl Folders {
    /// Returns those of `folders` that exist.
    pub(super) fn new<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Self {
        Self(folders.into_iter().filter_map(|folder| folder.canonicalize().ok()).collect())
    }

    /// Returns a file's lines as asked.
    pub(super) fn read(&self, asked: &ReadTextFileRequest) -> Result<String, Error> {
        let path = self.confined(&asked.path)?;
        let length = path.metadata().map_err(|error| refused(&error))?.len();
        if length > MAX_FILE {
            return Err(refused(&format!("the file has {length} bytes, more than {MAX_FILE}")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refused(&error))?;
        let skip = asked.line.map_or(0, |line| line.saturating_sub(1)) as usize;
        let take = asked.limit.map_or(usize::MAX, |limit| limit as usize);
        Ok(text.split_inclusive('\n').skip(skip).take(take).collect())
    }

    /// Writes a whole file.
    pub(super) fn write(&self, asked: &WriteTextFileRequest) -> Result<(), Error> {
        let (folder, name) =
            asked.path.parent().zip(asked.path.file_name()).ok_or_else(|| refused(&BEYOND))?;
        let target = match self.confined(&asked.path) {
            Ok(path) => path,
            Err(_) if asked.path.symlink_metadata().is_err() => self.confined(folder)?.join(name),
            Err(error) => return Err(error),
        };
        std::fs::write(target, &asked.content).map_err(|error| refused(&error))
    }

    fn confined(&self, path: &Path) -> Result<PathBuf, Error> {
        let real = path.canonicalize().map_err(|error| refused(&error))?;
        let within = path.is_absolute() && self.0.iter().any(|folder| real.starts_with(folder));
        within.then_some(real).ok_or_else(|| refused(&BEYOND))
    }
}

fn refused(why: &dyn std::fmt::Display) -> Error {
    Error::invalid_params().data(why.to_string())
}

const BEYOND: &str = "the path is outside of the folders of this run";
/// Bytes of a file that is read.
const MAX_FILE: u64 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_written_within_the_folders_only() {
        let place = tempfile::tempdir().unwrap();
        let (inside, outside) = (place.path().join("in"), place.path().join("out"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outside.join("secret"), inside.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.join("new"), inside.join("dangling")).unwrap();
        let folders = Folders::new([inside.as_path()]);
        let write = |path: PathBuf| folders.write(&WriteTextFileRequest::new("s", path, "a\nb\nc\n"));
        write(inside.join("x")).unwrap();
        for beyond in
            [outside.join("x"), inside.join("../out/x"), inside.join("link"), inside.join("dangling")]
        {
            assert!(write(beyond.clone()).is_err(), "{}", beyond.display());
            assert!(folders.read(&ReadTextFileRequest::new("s", beyond)).is_err());
        }
        assert!(!outside.join("new").exists());
        let asked = ReadTextFileRequest::new("s", inside.join("x")).line(2).limit(1);
        assert_eq!(folders.read(&asked).unwrap(), "b\n");
    }
}
