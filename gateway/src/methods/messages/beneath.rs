//! Opens files beneath a folder: no part of the way may be a link or lead upwards, whoever changes the folder meanwhile.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, open as open_at_root, openat};
use rustix::io::Errno;

/// Why a file was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// It is not beneath the folder, or a link stands in its way.
    #[error("leads out of the folder, or over a link")]
    Outside,
    /// There is nothing.
    #[error("does not exist")]
    Missing,
    /// It is a folder, a pipe or something else.
    #[error("is not a file")]
    NotAFile,
    /// It is larger than allowed, in bytes.
    #[error("is larger than {0} bytes, the most that can be sent there")]
    TooLarge(u64),
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable,
}

/// Opens the file at `path`, which is relative to `root`, if it is no larger than `limit`.
pub(super) fn open(root: &Path, path: &Path, limit: u64) -> Result<File, Refusal> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            _ => return Err(Refusal::Outside),
        }
    }
    let Some(name) = parts.pop() else { return Err(Refusal::NotAFile) };
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at: OwnedFd = open_at_root(root, folder, Mode::empty()).map_err(refusal)?;
    for part in parts {
        at = openat(&at, part, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(refusal)?;
    }
    // Opening a pipe must not wait for somebody to write into it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(&at, name, flags, Mode::empty()).map_err(refusal)?);
    let data = file.metadata().map_err(|_| Refusal::Unreadable)?;
    match data.is_file() {
        true if data.len() <= limit => Ok(file),
        true => Err(Refusal::TooLarge(limit)),
        false => Err(Refusal::NotAFile),
    }
}

/// Copies a file that may still grow; never more than `limit` bytes.
pub(super) fn copy(from: File, into: &mut impl io::Write, limit: u64) -> Result<(), Refusal> {
    let copied = io::copy(&mut io::Read::take(from, limit + 1), into).map_err(|_| Refusal::Unreadable)?;
    if copied > limit { Err(Refusal::TooLarge(limit)) } else { Ok(()) }
}

fn refusal(error: Errno) -> Refusal {
    match error {
        Errno::NOENT => Refusal::Missing,
        // A link where a folder or a file was expected.
        Errno::LOOP | Errno::NOTDIR | Errno::MLINK => Refusal::Outside,
        Errno::NXIO => Refusal::NotAFile,
        _ => Refusal::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_lies_beneath_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("work");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::write(root.join("sub/a.txt"), "inside").unwrap();
        std::fs::write(dir.path().join("secret"), "outside").unwrap();
        symlink(dir.path(), root.join("up")).unwrap();
        symlink(dir.path().join("secret"), root.join("link")).unwrap();
        symlink("sub", root.join("same")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0)
            .unwrap();
        let read = |path: &str| {
            let mut text = String::new();
            open(&root, Path::new(path), 100)?.read_to_string(&mut text).unwrap();
            Ok(text)
        };
        assert_eq!(read("sub/a.txt"), Ok("inside".into()));
        assert_eq!(read("./sub/./a.txt"), Ok("inside".into()));
        for outside in ["../secret", "sub/../../secret", "up/secret", "link", "same/a.txt", "/etc/hostname"] {
            assert_eq!(read(outside), Err(Refusal::Outside), "{outside}");
        }
        assert_eq!(read("sub"), Err(Refusal::NotAFile));
        assert_eq!(read("."), Err(Refusal::NotAFile));
        assert_eq!(read("pipe"), Err(Refusal::NotAFile), "and it is not waited for");
        assert_eq!(read("nothing"), Err(Refusal::Missing));
        let small = |limit| open(&root, Path::new("sub/a.txt"), limit).map(drop);
        assert_eq!((small(6), small(5)), (Ok(()), Err(Refusal::TooLarge(5))));
        let growing = File::open(root.join("sub/a.txt")).unwrap();
        assert_eq!(copy(growing, &mut Vec::new(), 5), Err(Refusal::TooLarge(5)));
    }
}
