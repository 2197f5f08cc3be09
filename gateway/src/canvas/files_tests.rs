//! Files of canvases: what is written is read, limits hold, nothing outside is touched.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::Arc;

use schemas::bounds::MAX_CANVAS_DEPTH;
use schemas::session::SessionKey;
use tempfile::TempDir;

use super::*;

struct Here {
    dir: TempDir,
    files: Files,
    place: Place,
}

impl Here {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let files = Files::new(dir.path().join("canvas"));
        Self { dir, files, place: place("main") }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("canvas/default").join(self.place.id())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<bool, FileError> {
        self.files.write(&self.place, &at(path), bytes)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.read(&self.place, &at(path))
    }

    fn paths(&self) -> Vec<String> {
        self.files.list(&self.place).expect("listed").into_iter().map(|file| file.path).collect()
    }
}

fn place(key: &str) -> Place {
    Place::of(&Arc::from("default"), &SessionKey::parse(key, None).expect("a key"))
}

fn at(path: &str) -> CanvasPath {
    CanvasPath::parse(path).expect("a path")
}

#[test]
fn what_is_written_is_read_and_listed() {
    let here = Here::new();
    assert!(matches!(here.read("index.html"), Err(FileError::NotFound)));
    assert!(here.paths().is_empty(), "nothing is there and nothing was made");
    assert!(!here.dir.path().join("canvas").exists());
    assert!(!here.write("index.html", b"one").expect("written"));
    assert!(here.write("index.html", b"two").expect("written"), "there was one");
    here.write("a/b/c.js", b"x").expect("written");
    assert_eq!(here.read("index.html").expect("read"), b"two");
    assert_eq!(here.paths(), ["a/b/c.js", "index.html"]);
    let about = std::fs::metadata(here.folder().join("index.html")).expect("there");
    assert_eq!((about.mode() & 0o777, about.nlink()), (0o600, 1));
    assert_eq!(std::fs::metadata(here.folder()).expect("there").mode() & 0o777, 0o700);
    assert!(matches!(here.files.read(&place("other"), &at("index.html")), Err(FileError::NotFound)));
    here.files.remove(&here.place, &at("a/b/c.js")).expect("removed");
    assert!(!here.folder().join("a").exists(), "empty folders go with the last file");
    assert!(matches!(here.files.remove(&here.place, &at("a/b/c.js")), Err(FileError::NotFound)));
    here.files.clear(&here.place).expect("cleared");
    here.files.clear(&here.place).expect("cleared twice");
    assert!(!here.folder().exists());
}

#[test]
fn links_and_special_files_are_refused_for_writing_too() {
    let here = Here::new();
    here.write("index.html", b"x").expect("written");
    let outside = here.dir.path().join("outside");
    std::fs::create_dir(&outside).expect("made");
    std::fs::write(outside.join("kept"), "kept").expect("written");
    symlink(&outside, here.folder().join("away")).expect("linked");
    symlink(outside.join("kept"), here.folder().join("link")).expect("linked");
    let pipe = here.folder().join("pipe");
    rustix::fs::mknodat(CWD, pipe, FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    for path in ["away/kept", "away/new", "link", "pipe"] {
        assert!(matches!(here.write(path, b"y"), Err(FileError::Refused(_))), "{path}");
        let removed = here.files.remove(&here.place, &at(path));
        assert!(matches!(removed, Err(FileError::Refused(_) | FileError::NotFound)), "{path}: {removed:?}");
    }
    std::fs::create_dir(here.folder().join("sub")).expect("made");
    assert!(matches!(here.write("sub", b"y"), Err(FileError::Folder)));
    assert!(matches!(here.write("index.html/x", b"y"), Err(FileError::NotFound)));
    assert_eq!(here.paths(), ["index.html"], "only plain files are listed");
    here.files.clear(&here.place).expect("cleared");
    assert_eq!(std::fs::read(outside.join("kept")).expect("there"), b"kept", "links are not followed");
}

#[test]
fn a_canvas_folder_that_is_a_link_is_no_canvas() {
    let here = Here::new();
    here.write("index.html", b"x").expect("written");
    let outside = here.dir.path().join("outside");
    std::fs::rename(here.folder(), &outside).expect("moved");
    symlink(&outside, here.folder()).expect("linked");
    assert!(matches!(here.read("index.html"), Err(FileError::Refused(_))));
    assert!(matches!(here.write("index.html", b"y"), Err(FileError::Refused(_))));
    assert!(here.files.clear(&here.place).is_err());
    assert_eq!(std::fs::read(outside.join("index.html")).expect("there"), b"x");
}

#[test]
fn sizes_and_numbers_are_bounded() {
    let here = Here::new();
    let large = vec![0; MAX_CANVAS_FILE_BYTES];
    let larger = vec![0; MAX_CANVAS_FILE_BYTES + 1];
    assert!(matches!(here.write("a", &larger), Err(FileError::TooLarge(_))));
    for index in 0..8 {
        here.write(&format!("{index}"), &large).expect("written");
    }
    assert!(matches!(here.write("more", b"x"), Err(FileError::Full(_))));
    here.write("0", b"smaller").expect("what makes room is taken");
    here.write("more", b"x").expect("written");
    here.files.clear(&here.place).expect("cleared");

    std::fs::create_dir_all(here.folder()).expect("made");
    for index in 0..MAX_CANVAS_FILES - 1 {
        std::fs::write(here.folder().join(format!("{index}")), "").expect("written");
    }
    assert!(matches!(here.write("one/two", b"x"), Err(FileError::Full(_))), "a folder counts");
    here.write("last", b"x").expect("written");
    assert!(matches!(here.write("beyond", b"x"), Err(FileError::Full(_))));
    here.write("last", b"y").expect("what is there can be changed");
    let deep = ["d"; MAX_CANVAS_DEPTH + 1].join("/");
    assert!(CanvasPath::parse(&deep).is_ok() && CanvasPath::parse(&format!("{deep}/x")).is_err());
}

#[test]
fn a_write_that_did_not_end_leaves_nothing() {
    let here = Here::new();
    here.write("index.html", b"x").expect("written");
    let left = here.folder().join(format!("{}left", walk::UNFINISHED));
    std::fs::write(&left, "half").expect("written");
    assert_eq!(here.paths(), ["index.html"]);
    here.write("other", b"y").expect("written");
    assert!(!left.exists());
}

#[test]
fn notes_are_changed_whole() {
    let here = Here::new();
    assert_eq!(here.files.notes(&here.place, 100).expect("read"), None);
    let change = |before: Option<Vec<u8>>| {
        let mut bytes = before.unwrap_or_default();
        bytes.push(b'x');
        Ok::<_, FileError>((bytes.clone(), bytes.len()))
    };
    assert_eq!(here.files.change_notes(&here.place, 100, change).expect("changed"), 1);
    assert_eq!(here.files.change_notes(&here.place, 100, change).expect("changed"), 2);
    assert_eq!(here.files.notes(&here.place, 100).expect("read"), Some(b"xx".to_vec()));
    assert!(here.paths().is_empty(), "they are no file of the canvas");
    here.files.clear(&here.place).expect("cleared");
    assert_eq!(here.files.notes(&here.place, 100).expect("read"), None);
}
