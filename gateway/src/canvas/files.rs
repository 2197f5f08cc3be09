//! The files of canvases: `canvas/<organisation>/<session>/…` in the state directory. Blocking; see `mod.rs` for the
//! way here from async code.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fsync, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use schemas::bounds::{MAX_CANVAS_BYTES, MAX_CANVAS_FILE_BYTES, MAX_CANVAS_FILES};
use uuid::Uuid;

use super::beneath::{self, FOLDER, FileError, READ, make_folder, open_one};
use super::path::CanvasPath;
use super::place::Place;
use super::walk::{self, Found};

/// All canvases' files.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    /// One writer a canvas at a time, so that sums stay true; a few locks are enough for all.
    locks: [Mutex<()>; 16],
}

impl Files {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, locks: Default::default() }
    }

    /// Reads a file.
    pub(super) fn read(&self, place: &Place, path: &CanvasPath) -> Result<Vec<u8>, FileError> {
        self.read_any(&format!("{}/{}/{path}", place.org_folder(), place.id()), MAX_CANVAS_FILE_BYTES)
    }

    /// Returns every file with its size.
    pub(super) fn list(&self, place: &Place) -> Result<Vec<Found>, FileError> {
        match self.folder(place) {
            Ok(folder) => Ok(walk::look(folder.as_fd(), false)?.files),
            Err(FileError::NotFound) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Writes a whole file: it is there as it was before, or as it is to be. Returns whether there was one.
    pub(super) fn write(&self, place: &Place, path: &CanvasPath, bytes: &[u8]) -> Result<bool, FileError> {
        if bytes.len() > MAX_CANVAS_FILE_BYTES {
            return Err(FileError::TooLarge(MAX_CANVAS_FILE_BYTES));
        }
        let _writing = self.lock(place);
        let folder = make_folder(self.org(place)?.as_fd(), place.id())?;
        let there = walk::look(folder.as_fd(), true)?;
        let before = there.files.iter().find(|file| file.path == path.as_str());
        let sum = there.bytes - before.map_or(0, |file| file.bytes) + bytes.len() as u64;
        if sum > MAX_CANVAS_BYTES {
            return Err(FileError::Full("its files would have more than 64 MiB"));
        }
        let (folders, name) = path.split();
        let mut parent = folder;
        let mut entries = there.entries;
        for below in folders {
            entries += usize::from(statat(&parent, below, AtFlags::SYMLINK_NOFOLLOW).is_err());
            if entries >= MAX_CANVAS_FILES {
                return Err(FileError::Full("it would have more than 1000 files and folders"));
            }
            parent = make_folder(parent.as_fd(), below)?;
        }
        if before.is_none() && entries >= MAX_CANVAS_FILES {
            return Err(FileError::Full("it would have more than 1000 files and folders"));
        }
        replace(parent.as_fd(), name, bytes)?;
        Ok(before.is_some())
    }

    /// Removes a file, and folders that are empty without it.
    pub(super) fn remove(&self, place: &Place, path: &CanvasPath) -> Result<(), FileError> {
        let _writing = self.lock(place);
        let folder = self.folder(place)?;
        let (folders, name) = path.split();
        let mut parents = vec![(folder, "")];
        for below in folders {
            let parent = parents.last().map(|(folder, _)| folder.as_fd()).ok_or(FileError::NotFound)?;
            let next = open_one(parent, below, FOLDER)?;
            parents.push((next, below));
        }
        let Some((parent, _)) = parents.last() else { return Err(FileError::NotFound) };
        expect_plain(parent.as_fd(), name)?.ok_or(FileError::NotFound)?;
        unlinkat(parent, name, AtFlags::empty())?;
        while let Some((_, name)) = parents.pop() {
            let Some((parent, _)) = parents.last() else { break };
            if unlinkat(parent, name, AtFlags::REMOVEDIR).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Removes everything of a canvas.
    pub(super) fn clear(&self, place: &Place) -> Result<(), FileError> {
        let _writing = self.lock(place);
        let org = match self.org(place) {
            Err(FileError::NotFound) => return Ok(()),
            org => org?,
        };
        match unlinkat(&org, place.notes_name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        match open_one(org.as_fd(), place.id(), FOLDER) {
            Ok(folder) => walk::empty(folder.as_fd(), 0)?,
            Err(FileError::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        }
        Ok(unlinkat(&org, place.id(), AtFlags::REMOVEDIR)?)
    }

    /// Reads what is noted of a canvas beside its files.
    pub(super) fn notes(&self, place: &Place, limit: usize) -> Result<Option<Vec<u8>>, FileError> {
        match self.read_any(&format!("{}/{}", place.org_folder(), place.notes_name()), limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FileError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes what is noted of a canvas; `change` is given what there is and returns what is to be there.
    pub(super) fn change_notes<T, E: From<FileError>>(
        &self,
        place: &Place,
        limit: usize,
        change: impl FnOnce(Option<Vec<u8>>) -> Result<(Vec<u8>, T), E>,
    ) -> Result<T, E> {
        let _writing = self.lock(place);
        let (bytes, result) = change(self.notes(place, limit)?)?;
        let org = self.org(place)?;
        replace(org.as_fd(), &place.notes_name(), &bytes)?;
        Ok(result)
    }

    fn read_any(&self, path: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let root = self.open_root()?;
        beneath::read(beneath::open(root.as_fd(), path, READ)?, limit)
    }

    fn folder(&self, place: &Place) -> Result<OwnedFd, FileError> {
        let path = format!("{}/{}", place.org_folder(), place.id());
        beneath::open(self.open_root()?.as_fd(), &path, FOLDER)
    }

    /// Opens an organisation's folder, made if it is not there.
    fn org(&self, place: &Place) -> Result<OwnedFd, FileError> {
        let root = match self.open_root() {
            Err(FileError::NotFound) => {
                let (parent, name) = (self.root.parent(), self.root.file_name());
                let parent = open_folder(parent.unwrap_or(Path::new("/")))?;
                make_folder(parent.as_fd(), name.and_then(|name| name.to_str()).unwrap_or_default())?
            }
            root => root?,
        };
        make_folder(root.as_fd(), &place.org_folder())
    }

    fn open_root(&self) -> Result<OwnedFd, FileError> {
        open_folder(&self.root)
    }

    /// What a panic leaves behind is whole files, so poisoning is ignored.
    fn lock(&self, place: &Place) -> MutexGuard<'_, ()> {
        let index = place.id().bytes().next().map_or(0, usize::from) % self.locks.len();
        self.locks[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_folder(path: &Path) -> Result<OwnedFd, FileError> {
    Ok(openat(CWD, path, FOLDER | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?)
}

/// Says whether a plain file has that name; anything else that has it is refused.
fn expect_plain(folder: BorrowedFd<'_>, name: &str) -> Result<Option<()>, FileError> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
        Ok(about) => match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => Ok(Some(())),
            FileType::Directory => Err(FileError::Folder),
            _ => Err(FileError::Refused("a link, a pipe, a socket or a device")),
        },
    }
}

/// Puts a file in place of another at once, with its contents on the disk.
fn replace(folder: BorrowedFd<'_>, name: &str, bytes: &[u8]) -> Result<(), FileError> {
    expect_plain(folder, name)?;
    let fresh = format!("{}{}", walk::UNFINISHED, Uuid::new_v4().simple());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = openat(folder, &*fresh, flags, Mode::RUSR | Mode::WUSR)?;
    let written = write_through(opened, bytes)
        .and_then(|()| renameat(folder, &*fresh, folder, name).map_err(FileError::from));
    if written.is_err() {
        // It stays behind at worst, and the next write takes it away.
        let _ = unlinkat(folder, &*fresh, AtFlags::empty());
    }
    written
}

fn write_through(opened: OwnedFd, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = File::from(opened);
    file.write_all(bytes)?;
    Ok(fsync(&file)?)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
