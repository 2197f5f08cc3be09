//! Opening files beneath a folder at the moment of use, so that nothing that is swapped in between leads elsewhere:
//! the kernel resolves the whole path without links (`openat2`), or each part is opened from the one before.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, mkdirat, openat, statat};
use rustix::io::Errno;

/// Why a file was not read, written or removed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is none.
    #[error("the canvas has no such file")]
    NotFound,
    /// The path names a folder.
    #[error("that is a folder; name a file in it")]
    Folder,
    /// A link, a pipe, a socket, a device, a file with a second name.
    #[error("that is not a plain file of the canvas: {0}")]
    Refused(&'static str),
    /// The file is larger than allowed.
    #[error("a file of a canvas has at most {0} bytes")]
    TooLarge(usize),
    /// All files together would be more than allowed.
    #[error("the canvas is full: {0}; remove something with canvas.delete")]
    Full(&'static str),
    /// Our fault, or the disk's.
    #[error("the canvas's files cannot be used")]
    Io(#[source] std::io::Error),
}

impl From<Errno> for FileError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NOTDIR => Self::NotFound,
            Errno::LOOP | Errno::XDEV | Errno::MLINK => Self::Refused("a link"),
            Errno::NXIO | Errno::NODEV => Self::Refused("a socket or a device"),
            Errno::ISDIR => Self::Folder,
            Errno::ACCESS => Self::Refused("not ours to use"),
            Errno::NAMETOOLONG => Self::Refused("too long a name"),
            Errno::NOSPC | Errno::DQUOT => Self::Full("the disk has no room"),
            other => Self::Io(other.into()),
        }
    }
}

impl From<std::io::Error> for FileError {
    fn from(error: std::io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => errno.into(),
            None => Self::Io(error),
        }
    }
}

/// Opens `path` beneath `root`. No part of it may be a link, and it cannot leave `root`.
pub(super) fn open(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd, FileError> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    #[cfg(target_os = "linux")]
    if let Some(opened) = at_once(root, path, flags) {
        return opened;
    }
    step_by_step(root, path, flags)
}

/// Lets the kernel resolve the path. `None`: it is too old, or something keeps the call from us.
#[cfg(target_os = "linux")]
fn at_once(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Option<Result<OwnedFd, FileError>> {
    use rustix::fs::{ResolveFlags, openat2};
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..MAX_RETRIES {
        match openat2(root, path, flags, Mode::empty(), resolve) {
            Ok(opened) => return Some(Ok(opened)),
            // Something was renamed meanwhile: the kernel could not be sure, and asks to be asked again.
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => return None,
            Err(errno) => return Some(Err(errno.into())),
        }
    }
    Some(Err(FileError::Refused("it changes all the time")))
}

/// Opens each part from the one before, none of which may be a link.
fn step_by_step(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd, FileError> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut at: Option<OwnedFd> = None;
    for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
        let from = at.as_ref().map_or(root, AsFd::as_fd);
        at = Some(open_one(from, folder, FOLDER)?);
    }
    open_one(at.as_ref().map_or(root, AsFd::as_fd), name, flags)
}

/// Opens one name in a folder; a link is refused and not followed.
pub(super) fn open_one(folder: BorrowedFd<'_>, name: &str, flags: OFlags) -> Result<OwnedFd, FileError> {
    if name.contains('/') || name == ".." {
        return Err(FileError::Refused("not one name"));
    }
    openat(folder, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).map_err(|errno| {
        let is_link = || {
            let about = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
            about.is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Symlink)
        };
        match errno {
            Errno::NOTDIR if is_link() => FileError::Refused("a link"),
            errno => errno.into(),
        }
    })
}

/// Opens a folder of one name, made if it is not there; nobody else may look into it.
pub(super) fn make_folder(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, FileError> {
    match mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_one(parent, name, FOLDER),
        Err(errno) => Err(errno.into()),
    }
}

/// Reads a plain file of at most `limit` bytes. What it is, is asked of the open file and not of its name.
pub(super) fn read(opened: OwnedFd, limit: usize) -> Result<Vec<u8>, FileError> {
    let about = fstat(&opened)?;
    match FileType::from_raw_mode(about.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(FileError::Folder),
        _ => return Err(FileError::Refused("a pipe, a socket or a device")),
    }
    if about.st_nlink > 1 {
        return Err(FileError::Refused("a file with another name elsewhere"));
    }
    let size = usize::try_from(about.st_size).unwrap_or(usize::MAX);
    if size > limit {
        return Err(FileError::TooLarge(limit));
    }
    let mut bytes = Vec::with_capacity(size);
    // It may grow while it is read.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::from(opened).take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(FileError::TooLarge(limit)) } else { Ok(bytes) }
}

/// How a file is opened to be read: a pipe must not hold us up, a terminal not become ours.
pub(super) const READ: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);
/// How a folder is opened.
pub(super) const FOLDER: OFlags = OFlags::DIRECTORY;
/// Times that the kernel is asked again.
const MAX_RETRIES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn folder(path: &Path) -> OwnedFd {
        rustix::fs::open(path, FOLDER, Mode::empty()).expect("a folder")
    }

    /// Both ways of opening.
    fn ways(root: BorrowedFd<'_>, path: &str) -> [Result<Vec<u8>, FileError>; 2] {
        [open(root, path, READ), step_by_step(root, path, READ | OFlags::CLOEXEC)]
            .map(|opened| opened.and_then(|file| read(file, 100)))
    }

    #[test]
    fn links_pipes_sockets_devices_and_second_names_are_refused() {
        let here = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (here.path().join("in"), here.path().join("out"));
        std::fs::create_dir_all(inside.join("sub")).expect("made");
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(outside.join("secret"), "s").expect("written");
        std::fs::write(inside.join("sub/plain"), "p").expect("written");
        std::fs::write(inside.join("large"), [0; 101]).expect("written");
        symlink(outside.join("secret"), inside.join("link")).expect("linked");
        symlink(&outside, inside.join("linked-folder")).expect("linked");
        symlink("sub/plain", inside.join("own-link")).expect("linked");
        symlink("/dev/zero", inside.join("device")).expect("linked");
        std::fs::hard_link(outside.join("secret"), inside.join("second")).expect("linked");
        rustix::fs::mknodat(rustix::fs::CWD, inside.join("pipe"), FileType::Fifo, Mode::RWXU, 0)
            .expect("a pipe");
        let _listening = std::os::unix::net::UnixListener::bind(inside.join("socket")).expect("a socket");
        let root = folder(&inside);
        for opened in ways(root.as_fd(), "sub/plain") {
            assert_eq!(opened.expect("a plain file"), b"p");
        }
        for path in [
            "link",
            "linked-folder/secret",
            "own-link",
            "device",
            "second",
            "pipe",
            "socket",
            "../out/secret",
        ] {
            for opened in ways(root.as_fd(), path) {
                assert!(matches!(opened, Err(FileError::Refused(_))), "{path}: {opened:?}");
            }
        }
        for opened in ways(root.as_fd(), "sub") {
            assert!(matches!(opened, Err(FileError::Folder)), "{opened:?}");
        }
        for opened in ways(root.as_fd(), "large") {
            assert!(matches!(opened, Err(FileError::TooLarge(100))), "{opened:?}");
        }
        for opened in ways(root.as_fd(), "sub/plain/below") {
            assert!(matches!(opened, Err(FileError::NotFound)), "{opened:?}");
        }
    }

    #[test]
    fn a_folder_swapped_for_a_link_during_the_opening_leads_nowhere() {
        let here = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (here.path().join("in"), here.path().join("out"));
        std::fs::create_dir_all(inside.join("a")).expect("made");
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(inside.join("a/file"), "inside").expect("written");
        std::fs::write(outside.join("file"), "outside").expect("written");
        let over = Arc::new(AtomicBool::new(false));
        let (stop, place, elsewhere) = (Arc::clone(&over), inside.clone(), outside.clone());
        let swapping = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let _ = std::fs::rename(place.join("a"), place.join("kept"));
                let _ = symlink(&elsewhere, place.join("a"));
                let _ = std::fs::remove_file(place.join("a"));
                let _ = std::fs::rename(place.join("kept"), place.join("a"));
            }
        });
        let root = folder(&inside);
        let mut read_inside = 0;
        let mut rounds = 0;
        // Until it was seen both ways: whoever swaps may be held up in the middle.
        while rounds < 5000 || read_inside == 0 {
            rounds += 1;
            for opened in ways(root.as_fd(), "a/file") {
                match opened {
                    Ok(bytes) => {
                        assert_eq!(bytes, b"inside");
                        read_inside += 1;
                    }
                    Err(FileError::NotFound | FileError::Refused(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
        over.store(true, Ordering::Relaxed);
        swapping.join().expect("ended");
    }
}
