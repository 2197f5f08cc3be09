//! Looks at the state directory: who may read it, whether the database is one, how much room is left.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use super::Check;
use crate::text;

/// Room below which the gateway soon cannot write, in bytes.
const LITTLE_ROOM: u64 = 256 * 1024 * 1024;

/// Looks at everything in the directory.
pub(crate) fn look(dir: &Path) -> Vec<Check> {
    let Ok(about) = fs::metadata(dir) else {
        let fix = "the first start makes it: landline gateway";
        return vec![
            Check::warn("state dir", format!("{} does not exist yet", dir.display()), fix),
            room(dir),
        ];
    };
    vec![modes(dir, &about), database(dir), room(dir)]
}

fn modes(dir: &Path, about: &fs::Metadata) -> Check {
    let own = rustix::process::geteuid().as_raw();
    if about.uid() != own {
        let detail = format!("{} belongs to user {}", dir.display(), about.uid());
        return Check::fail("state dir", detail, "run as that user, or choose another with --state-dir");
    }
    let mut open = Vec::new();
    for path in std::iter::once(dir.to_owned()).chain(secrets(dir)) {
        if fs::symlink_metadata(&path).is_ok_and(|about| about.mode() & 0o077 != 0) {
            open.push(path.display().to_string());
        }
    }
    if open.is_empty() {
        return Check::ok("state dir", format!("{}: only you can read it", dir.display()));
    }
    let fix = format!("chmod go= {}", open.join(" "));
    Check::fail("state dir", format!("others can reach {}", open.join(", ")), fix)
}

/// Returns what holds secrets: configuration, database, socket, keys.
fn secrets(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let named = |path: &Path| {
        path.extension().is_some_and(|extension| {
            ["toml", "db", "json", "key", "pem"].iter().any(|known| extension == *known)
        })
    };
    entries
        .filter(|entry| named(&entry.path()) || entry.file_type().is_ok_and(|kind| kind.is_socket()))
        .map(|entry| entry.path())
        .collect()
}

/// The gateway checks its tables itself at the start; here it is enough that the file can be one.
fn database(dir: &Path) -> Check {
    let path = dir.join("landline.db");
    let mut head = [0_u8; 16];
    match fs::File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::ok("database", format!("{} is made at the first start", path.display()))
        }
        Err(error) => {
            let fix = "make it readable for you, or move it away and start anew";
            Check::fail("database", format!("{}: {error}", path.display()), fix)
        }
        Ok(mut file) => match file.read_exact(&mut head) {
            Ok(()) if &head == b"SQLite format 3\0" => {
                let size = file.metadata().map_or(0, |about| about.len());
                Check::ok("database", format!("{}, {}", path.display(), text::size(size)))
            }
            _ => {
                let detail = format!("{} is no SQLite database", path.display());
                Check::fail("database", detail, "put back a copy made with landline backup, or move it away")
            }
        },
    }
}

fn room(dir: &Path) -> Check {
    let existing = dir.ancestors().find(|dir| dir.exists()).unwrap_or(dir);
    match rustix::fs::statvfs(existing) {
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            if free < LITTLE_ROOM {
                return Check::fail(
                    "disk",
                    format!("only {} free", text::size(free)),
                    "make room, or move --state-dir",
                );
            }
            Check::ok("disk", format!("{} free", text::size(free)))
        }
        Err(error) => Check::warn("disk", format!("{}: {error}", existing.display()), "look with: df"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn open_secrets_and_a_foreign_database_are_found() {
        let dir = tempfile::tempdir().expect("dir");
        let dir = dir.path();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).expect("mode");
        fs::write(dir.join("config.toml"), "").expect("config");
        fs::set_permissions(dir.join("config.toml"), fs::Permissions::from_mode(0o644)).expect("mode");
        fs::write(dir.join("landline.db"), "not a database at all").expect("database");
        fs::set_permissions(dir.join("landline.db"), fs::Permissions::from_mode(0o600)).expect("mode");
        let checks = look(dir);
        assert_eq!(checks[0].verdict, Verdict::Fail);
        assert!(
            checks[0].fix.as_ref().is_some_and(|fix| fix.contains("config.toml") && !fix.contains(".db"))
        );
        assert_eq!(checks[1].verdict, Verdict::Fail);
        fs::set_permissions(dir.join("config.toml"), fs::Permissions::from_mode(0o600)).expect("mode");
        assert_eq!(look(dir)[0].verdict, Verdict::Ok);
    }
}
