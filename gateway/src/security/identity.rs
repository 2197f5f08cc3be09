//! The gateway's own key pair: a seed in a file that only the owner can read.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use schemas::device::Identity;

use super::token;

/// Why the identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file cannot be read or made.
    #[error("the identity file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "the identity file {path} does not hold 64 hex digits; restore it from a backup, or remove it to get a new identity"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// Others can read the file.
    #[error("the identity file {path} can be read by others; run `chmod 600` on it")]
    Open {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the identity in `path`, or makes one there with mode 0600.
pub fn load_identity(path: &Path) -> Result<Identity, IdentityError> {
    let failed = |source| IdentityError::Io { path: path.to_owned(), source };
    match File::open(path) {
        Ok(file) => read(file, path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let seed = token::random();
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
            writeln!(file, "{}", hex::encode(seed)).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(Identity::from_seed(&seed))
        }
        Err(error) => Err(failed(error)),
    }
}

fn read(file: File, path: &Path) -> Result<Identity, IdentityError> {
    let failed = |source| IdentityError::Io { path: path.to_owned(), source };
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(IdentityError::Open { path: path.to_owned() });
    }
    let mut text = String::new();
    file.take(1024).read_to_string(&mut text).map_err(failed)?;
    let seed = hex::decode(text.trim()).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let seed = seed.ok_or_else(|| IdentityError::Unreadable { path: path.to_owned() })?;
    Ok(Identity::from_seed(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_made_once_and_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("identity.key");
        let made = load_identity(&path).expect("made");
        let bits = path.metadata().expect("a file").permissions().mode();
        assert_eq!(bits & 0o777, 0o600);
        assert_eq!(load_identity(&path).expect("read").public().id(), made.public().id());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        assert!(matches!(load_identity(&path), Err(IdentityError::Open { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
        std::fs::write(&path, "nonsense").expect("written");
        assert!(matches!(load_identity(&path), Err(IdentityError::Unreadable { .. })));
    }
}
