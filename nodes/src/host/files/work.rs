//! What is done with a file, once it is clear which one is meant.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat};
use serde_json::{Value, json};

use super::{Encoding, Place, ReadParams, WriteMode, WriteParams, beneath};
use crate::host::answer::{Answer, Refusal};

/// `fs.stat`.
pub(super) fn stat(place: &Place) -> Answer {
    let file = File::from(open(place, OFlags::RDONLY, Mode::empty())?);
    let meta = file.metadata().map_err(|error| failed(place, &error))?;
    let kind = kind(FileType::from_raw_mode(meta.mode()));
    let modified = meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000;
    Ok(json!({
        "path": place.shown, "kind": kind, "size": meta.len(), "modifiedAtMs": modified,
        "writable": place.root.write,
    }))
}

/// `fs.listDir`.
pub(super) fn list(place: &Place) -> Answer {
    let folder = open(place, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
    let read = Dir::read_from(&folder).map_err(|error| failed(place, &error.into()))?;
    let mut entries = Vec::new();
    let mut more = false;
    for entry in read {
        let entry = entry.map_err(|error| failed(place, &error.into()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "." || name == ".." {
            continue;
        }
        if entries.len() == MAX_ENTRIES {
            more = true;
            break;
        }
        let stat = statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW).ok();
        let kind = stat.as_ref().map_or("other", |stat| kind(FileType::from_raw_mode(stat.st_mode)));
        let size = stat.filter(|_| kind == "file").map(|stat| stat.st_size);
        entries.push((name, kind, size));
    }
    entries.sort();
    let shown: Vec<Value> = entries
        .into_iter()
        .map(|(name, kind, size)| {
            let path = format!("{}/{name}", place.shown);
            let hidden = name.starts_with('.');
            let mut entry = json!({"name": name, "path": path, "kind": kind, "hidden": hidden});
            if let Some(size) = size {
                entry["size"] = size.into();
            }
            entry
        })
        .collect();
    let parent = place.shown.rsplit_once('/').map_or("", |(parent, _)| parent);
    Ok(json!({ "path": place.shown, "parent": parent, "entries": shown, "truncated": more }))
}

/// `fs.read`.
pub(super) fn read(place: &Place, params: &ReadParams) -> Answer {
    let mut file = regular(place, OFlags::RDONLY)?;
    let size = file.metadata().map_err(|error| failed(place, &error))?.len();
    let length = params.length.unwrap_or(MAX_CONTENT);
    if length > MAX_CONTENT {
        return Err(Refusal::invalid(format!("length: at most {MAX_CONTENT} bytes at once")));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(params.offset))
        .and_then(|_| file.take(length).read_to_end(&mut bytes))
        .map_err(|error| failed(place, &error))?;
    let end = params.offset + bytes.len() as u64;
    let mut answer = json!({
        "path": place.shown, "size": size, "offset": params.offset, "length": bytes.len(), "eof": end >= size,
    });
    match params.encoding {
        Encoding::Base64 => answer["base64"] = STANDARD.encode(&bytes).into(),
        Encoding::Utf8 => match String::from_utf8(bytes) {
            Ok(text) => answer["content"] = text.into(),
            Err(_) => return Err(Refusal::invalid("encoding: the file is no UTF-8 text there; use base64")),
        },
    }
    Ok(answer)
}

/// `fs.write`.
pub(super) fn write(place: &Place, params: &WriteParams) -> Answer {
    if !place.root.write {
        return Err(Refusal::invalid(
            "path: this root is for reading only (write = true in [fs.roots] allows it)",
        ));
    }
    let bytes = match (&params.content, &params.base64) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(text)) => {
            STANDARD.decode(text).map_err(|_| Refusal::invalid("base64: that is no base64"))?
        }
        _ => return Err(Refusal::invalid("give content or base64")),
    };
    if bytes.len() as u64 > MAX_CONTENT {
        return Err(Refusal::invalid(format!("at most {MAX_CONTENT} bytes at once")));
    }
    let (Some(name), Some(folder)) = (place.inside.file_name(), place.inside.parent()) else {
        return Err(Refusal::invalid("path: name a file in the root"));
    };
    let root = beneath::root(&place.root.path).map_err(|error| failed(place, &error))?;
    if params.create_parents {
        make_folders(&root, folder).map_err(|error| failed(place, &error))?;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let folder = beneath::open(&root, folder, flags, Mode::empty()).map_err(|error| failed(place, &error))?;
    let name = Path::new(name);
    let written = match params.mode {
        WriteMode::Replace => replace(&folder, name, &bytes),
        WriteMode::Create => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            openat(&folder, name, flags, FILE_MODE).map_err(io::Error::from).and_then(|fd| fill(fd, &bytes))
        }
        WriteMode::Append => append(&folder, name, &bytes),
    };
    let size = written.map_err(|error| failed(place, &error))?;
    Ok(json!({ "path": place.shown, "size": size }))
}

/// A file is replaced as a whole or not at all; what is there may only be a regular file.
fn replace(folder: &OwnedFd, name: &Path, bytes: &[u8]) -> io::Result<u64> {
    let mode = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
            Mode::from_raw_mode(stat.st_mode) & Mode::from_raw_mode(0o777)
        }
        Ok(_) => return Err(io::Error::other("it is no regular file")),
        Err(rustix::io::Errno::NOENT) => FILE_MODE,
        Err(error) => return Err(error.into()),
    };
    let fresh = PathBuf::from(format!(".{}.new", uuid::Uuid::new_v4()));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let written = openat(folder, &fresh, flags, mode)
        .map_err(io::Error::from)
        .and_then(|fd| fill(fd, bytes))
        .and_then(|size| renameat(folder, &fresh, folder, name).map(|()| size).map_err(io::Error::from));
    if written.is_err() {
        let _ = unlinkat(folder, &fresh, AtFlags::empty());
    }
    written
}

fn append(folder: &OwnedFd, name: &Path, bytes: &[u8]) -> io::Result<u64> {
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::APPEND
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    let fd = openat(folder, name, flags, FILE_MODE)?;
    let file = File::from(fd);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    fill(file.into(), bytes)
}

fn fill(fd: OwnedFd, bytes: &[u8]) -> io::Result<u64> {
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// Makes the folders that are missing, each beneath the root.
fn make_folders(root: &OwnedFd, path: &Path) -> io::Result<()> {
    let mut made = PathBuf::new();
    for part in path.components() {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = beneath::open(root, &made, flags, Mode::empty())?;
        match mkdirat(&folder, Path::new(part.as_os_str()), FOLDER_MODE) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => made.push(part),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn open(place: &Place, flags: OFlags, mode: Mode) -> Result<OwnedFd, Refusal> {
    beneath::root(&place.root.path)
        .and_then(|root| beneath::open(&root, &place.inside, flags, mode))
        .map_err(|error| failed(place, &error))
}

/// Opens a regular file: devices and pipes could hold up or flood the reader.
fn regular(place: &Place, flags: OFlags) -> Result<File, Refusal> {
    let file = File::from(open(place, flags, Mode::empty())?);
    match file.metadata() {
        Ok(meta) if meta.is_file() => Ok(file),
        Ok(_) => Err(Refusal::invalid(format!("{}: it is no regular file", place.shown))),
        Err(error) => Err(failed(place, &error)),
    }
}

fn failed(place: &Place, error: &io::Error) -> Refusal {
    use rustix::io::Errno;
    let outside = [Errno::XDEV, Errno::LOOP].map(Errno::raw_os_error);
    if error.raw_os_error().is_some_and(|code| outside.contains(&code)) {
        return Refusal::invalid(format!("{}: a link leads out of the root", place.shown));
    }
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists => Refusal::invalid(format!("{}: {error}", place.shown)),
        _ => Refusal::unavailable(format!("{}: {error}", place.shown)),
    }
}

const fn kind(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "folder",
        FileType::Symlink => "link",
        _ => "other",
    }
}

/// Most bytes of one read or write.
const MAX_CONTENT: u64 = 8 * 1024 * 1024;
/// Most entries of one listing.
const MAX_ENTRIES: usize = 5000;
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o755);
