//! Everything below a canvas's folder: what there is, how much, and its removal. Links are seen and not followed.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Dir, FileType, statat, unlinkat};
use rustix::io::Errno;
use schemas::bounds::{MAX_CANVAS_DEPTH, MAX_CANVAS_FILES};

use super::beneath::{FOLDER, FileError, open_one};

/// A file of a canvas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path within the canvas.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// When it was written, in milliseconds.
    pub modified_at: i64,
}

/// What lies in a folder and below.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// The plain files, sorted by path.
    pub(super) files: Vec<Found>,
    /// Bytes of all of them.
    pub(super) bytes: u64,
    /// Files, folders and whatever else there is.
    pub(super) entries: usize,
}

/// Looks at everything but files that are being written. The one who may write has what an earlier write left
/// behind removed (`tidy`).
pub(super) fn look(folder: BorrowedFd<'_>, tidy: bool) -> Result<Sum, FileError> {
    let mut sum = Sum::default();
    descend(folder, ("", 0), tidy, &mut sum)?;
    sum.files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sum)
}

fn descend(
    folder: BorrowedFd<'_>,
    (above, depth): (&str, usize),
    tidy: bool,
    sum: &mut Sum,
) -> Result<(), FileError> {
    for name in names(folder)? {
        if name.starts_with(UNFINISHED) {
            if tidy {
                let _ = unlinkat(folder, &*name, AtFlags::empty());
            }
            continue;
        }
        sum.entries += 1;
        if sum.entries > LOOKED_AT {
            return Err(FileError::Full("it has more than 1000 files and folders"));
        }
        let about = match statat(folder, &*name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => continue,
            about => about?,
        };
        let path = format!("{above}{name}");
        match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => {
                let bytes = u64::try_from(about.st_size).unwrap_or_default();
                sum.bytes += bytes;
                let modified_at = millis(&about);
                sum.files.push(Found { path, bytes, modified_at });
            }
            FileType::Directory if depth < MAX_CANVAS_DEPTH => {
                let below = open_one(folder, &name, FOLDER)?;
                descend(below.as_fd(), (&format!("{path}/"), depth + 1), tidy, sum)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes everything in a folder.
pub(super) fn empty(folder: BorrowedFd<'_>, depth: usize) -> Result<(), FileError> {
    if depth > 4 * MAX_CANVAS_DEPTH {
        return Err(FileError::Refused("too many folders below each other"));
    }
    for name in names(folder)? {
        let about = match statat(folder, &*name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => continue,
            about => about?,
        };
        if FileType::from_raw_mode(about.st_mode) == FileType::Directory {
            empty(open_one(folder, &name, FOLDER)?.as_fd(), depth + 1)?;
            unlinkat(folder, &*name, AtFlags::REMOVEDIR)?;
        } else {
            unlinkat(folder, &*name, AtFlags::empty())?;
        }
    }
    Ok(())
}

fn names(folder: BorrowedFd<'_>) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        // What is not UTF-8 was not written by us; nobody can name it.
        if let Ok(name) = entry.file_name().to_str()
            && name != "."
            && name != ".."
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn millis(about: &rustix::fs::Stat) -> i64 {
    let nanos = i64::try_from(about.st_mtime_nsec).unwrap_or_default();
    about.st_mtime.saturating_mul(1000).saturating_add(nanos / 1_000_000)
}

/// Beginning of the name of a file that is being written; nobody else can choose such a name.
pub(super) const UNFINISHED: &str = ".unfinished-";
/// Things looked at before a canvas counts as overfull, whoever filled it.
const LOOKED_AT: usize = 4 * MAX_CANVAS_FILES;
