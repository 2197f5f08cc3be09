//! Opens files beneath a folder and nowhere else: the check and the opening are one step, so nothing can be
//! swapped between them.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Opens the folder `root` itself.
pub(super) fn root(path: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY, Mode::empty())?)
}

/// Opens `path`, which has normal parts only, beneath `root`. Symbolic links that stay beneath are followed where
/// the system can tell; those that lead out are refused.
pub(super) fn open(root: &OwnedFd, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    // A pipe or a device must not hold up the opening; regular files ignore the flag.
    let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(root, path, flags, mode, resolve) {
            Err(rustix::io::Errno::NOSYS) => {}
            // The system saw a concurrent rename and could not be sure.
            Err(rustix::io::Errno::AGAIN) => return Ok(openat2(root, path, flags, mode, resolve)?),
            opened => return Ok(opened?),
        }
    }
    stepwise(root, path, flags, mode)
}

/// Opens folder by folder without following any symbolic link, where the system has no better way.
fn stepwise(root: &OwnedFd, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let parts: Vec<&OsStr> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => Ok(name),
            Component::CurDir => Ok(OsStr::new(".")),
            _ => Err(io::Error::from(rustix::io::Errno::XDEV)),
        })
        .collect::<Result<_, _>>()?;
    let Some((last, folders)) = parts.split_last() else { return root.try_clone() };
    let mut folder = root.try_clone()?;
    for part in folders {
        let step = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        folder = openat(&folder, *part, step, Mode::empty())?;
    }
    Ok(openat(&folder, *last, flags | OFlags::NOFOLLOW, mode)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn house() -> (tempfile::TempDir, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("root");
        std::fs::create_dir_all(inside.join("sub")).unwrap();
        std::fs::write(inside.join("sub/file"), "in").unwrap();
        std::fs::write(folder.path().join("secret"), "out").unwrap();
        symlink("../secret", inside.join("leak")).unwrap();
        symlink("/etc/passwd", inside.join("absolute")).unwrap();
        symlink("..", inside.join("up")).unwrap();
        symlink("sub/file", inside.join("own")).unwrap();
        symlink("/proc/self/root", inside.join("magic")).unwrap();
        let fd = root(&inside).unwrap();
        (folder, fd)
    }

    #[test]
    fn no_link_leads_out() {
        let (_folder, root) = house();
        for way in [open, stepwise] {
            let read = |path: &str| way(&root, Path::new(path), OFlags::RDONLY, Mode::empty());
            assert!(read("sub/file").is_ok());
            for path in
                ["leak", "absolute", "up/secret", "magic/etc/passwd", "sub/../../secret", "/etc/passwd"]
            {
                assert!(read(path).is_err(), "{path}");
            }
        }
        assert!(open(&root, Path::new("own"), OFlags::RDONLY, Mode::empty()).is_ok());
    }

    #[test]
    fn a_pipe_does_not_hold_up() {
        let (folder, root) = house();
        let pipe = folder.path().join("root/pipe");
        rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(open(&root, Path::new("pipe"), OFlags::RDONLY, Mode::empty()).is_ok());
    }
}
