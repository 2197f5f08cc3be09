//! Which program a name means, and whether it runs whatever it is given.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::process::find_program;

/// A program as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The name it is started by, in a folder without symbolic links. Programs that do different things under
    /// different names (`busybox`) are told apart by it.
    pub(super) path: PathBuf,
    /// The file behind it.
    pub(super) real: PathBuf,
}

/// Finds the program that `word`, the first of a command, means.
pub(super) fn locate(word: &str, cwd: &Path, search: &OsStr) -> Option<Located> {
    let found = if word.contains('/') { cwd.join(word) } else { find_program(word, search)? };
    let real = found.canonicalize().ok()?;
    let folder = found.parent()?.canonicalize().ok()?;
    let path = folder.join(found.file_name()?);
    real.is_file().then_some(Located { path, real })
}

impl Located {
    /// Says whether the program runs code that its arguments or its input name: a shell, an interpreter, or
    /// one that starts other programs. An approval of it would approve everything.
    pub(super) fn runs_anything(&self) -> bool {
        [&self.path, &self.real].into_iter().any(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            is_interpreter(name)
        })
    }
}

/// Says whether a program of that name runs whatever it is given; version numbers do not hide it.
pub(super) fn is_interpreter(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_suffix(".exe").unwrap_or(&lower);
    let base = lower.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    INTERPRETERS.contains(&base) || INTERPRETERS.contains(&lower)
}

/// Says whether `argv` hands a shell a script in words, and returns the script.
pub(super) fn shell_script(argv: &[String]) -> Option<&str> {
    let name = Path::new(argv.first()?).file_name()?.to_str()?;
    let is_shell = SHELLS.contains(&name);
    let flag = argv.get(1)?;
    let takes_script = flag.starts_with('-') && !flag.starts_with("--") && flag.contains('c');
    (is_shell && takes_script).then(|| argv.get(2).map(String::as_str)).flatten()
}

/// Returns the SHA-256 of a regular file in hex.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if meta.len() > MAX_HASHED {
        return Err(io::Error::other("it is too large to be checked"));
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Largest file whose content is frozen, in bytes.
const MAX_HASHED: u64 = 1024 * 1024 * 1024;
const SHELLS: [&str; 10] = ["sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "ash", "busybox", "tcsh"];
const INTERPRETERS: [&str; 86] = [
    // shells
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "mksh",
    "fish",
    "ash",
    "tcsh",
    "csh",
    "elvish",
    "nu",
    "pwsh",
    "powershell",
    "cmd",
    "busybox",
    "toybox",
    "rbash",
    "xonsh",
    "cscript",
    "wscript",
    "osascript",
    // languages
    "python",
    "pypy",
    "node",
    "nodejs",
    "bun",
    "deno",
    "perl",
    "ruby",
    "irb",
    "php",
    "lua",
    "luajit",
    "tclsh",
    "wish",
    "expect",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "sed",
    "guile",
    "racket",
    "julia",
    "r",
    "rscript",
    "java",
    "jshell",
    "groovy",
    "scala",
    "kotlin",
    "ghci",
    "runghc",
    "ocaml",
    "erl",
    "elixir",
    "iex",
    "gdb",
    "lldb",
    "sqlite",
    "vim",
    "vi",
    "ed",
    "emacs",
    // programs that start other programs
    "env",
    "xargs",
    "find",
    "nice",
    "nohup",
    "timeout",
    "setsid",
    "stdbuf",
    "sudo",
    "doas",
    "su",
    "ssh",
    "chroot",
    "unshare",
    "nsenter",
    "script",
    "watch",
    "parallel",
    "make",
    "strace",
    "systemd-run",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_known_by_any_version() {
        for name in
            ["sh", "bash", "python3", "python3.11", "perl5.36.0", "node", "lua5.4", "env", "BASH", "pwsh.exe"]
        {
            assert!(is_interpreter(name), "{name}");
        }
        for name in ["ls", "uname", "git", "rg", "shred", "nodes"] {
            assert!(!is_interpreter(name), "{name}");
        }
    }

    #[test]
    fn a_link_to_a_shell_is_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/bin/sh", folder.path().join("harmless")).unwrap();
        let found = locate("./harmless", folder.path(), OsStr::new("")).unwrap();
        assert!(found.runs_anything());
        assert_eq!(found.path.file_name().unwrap(), "harmless");
    }

    #[test]
    fn scripts_in_words() {
        let argv = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shell_script(&argv(&["/bin/sh", "-lc", "ls | wc"])), Some("ls | wc"));
        assert_eq!(shell_script(&argv(&["sh", "x.sh"])), None);
        assert_eq!(shell_script(&argv(&["ls", "-c", "x"])), None);
    }

    #[test]
    fn what_is_no_file_has_no_digest() {
        let folder = tempfile::tempdir().unwrap();
        assert!(digest(folder.path()).is_err());
        assert!(digest(Path::new("/dev/zero")).is_err());
        std::fs::write(folder.path().join("a"), "abc").unwrap();
        let hash = digest(&folder.path().join("a")).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
