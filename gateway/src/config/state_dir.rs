//! The state directory: made with mode 0700, refused when others could write into it.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::ConfigError;

/// Makes the directory, or takes away what others may do in it; refuses one that is not ours.
pub fn prepare(dir: &Path) -> Result<(), ConfigError> {
    let fail = |why: String| ConfigError::StateDir { dir: dir.to_owned(), why };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| fail(format!("cannot be made: {error}; choose another with --state-dir")))?;
    let about = fs::metadata(dir).map_err(|error| fail(format!("cannot be read: {error}")))?;
    let own = rustix::process::geteuid().as_raw();
    if about.uid() != own {
        return Err(fail(format!(
            "belongs to user {}, not to {own}; choose another with --state-dir",
            about.uid()
        )));
    }
    if about.mode() & 0o077 != 0 {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
            .map_err(|error| fail(format!("is open to others and cannot be closed: {error}")))?;
    }
    Ok(())
}
