//! The lock on the state directory: one gateway for each, and the second is told who the first is.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

/// Why the state directory is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another gateway works in it.
    #[error("another gateway works in {}: {holder}; stop it, or choose another folder with --state-dir", dir.display())]
    Held {
        /// The state directory.
        dir: PathBuf,
        /// Process id and address of the other.
        holder: String,
    },
    /// The lock file cannot be used.
    #[error("cannot lock the state directory {}", dir.display())]
    Io {
        /// The state directory.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Held while the gateway lives; the system gives it back however the process ends, so a killed gateway
/// leaves nothing behind that would keep the next one out.
#[derive(Debug)]
pub(super) struct StateLock {
    file: File,
}

impl StateLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(dir: &Path) -> Result<Self, LockError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let io = |source| LockError::Io { dir: dir.to_owned(), source };
        let path = super::lock_file(dir);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        let mut file = options.open(path).map_err(io)?;
        let since = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut holder)).map_err(io)?;
            // A child that a killed gateway was just starting holds the lock until it becomes its program.
            if is_alive(&holder) || since.elapsed() > CHILD_GRACE {
                return Err(LockError::Held { dir: dir.to_owned(), holder: holder.trim().to_owned() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { file })
    }

    /// Writes down who we are, for the next one that tries.
    pub(super) fn name(&self, address: SocketAddr) {
        let mut file = &self.file;
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "process {}, http://{address}", std::process::id()));
        if let Err(error) = written {
            tracing::warn!(%error, "The lock file could not be written");
        }
    }
}

/// Says whether the process that a lock file names lives. Where that cannot be told, it counts as alive.
fn is_alive(holder: &str) -> bool {
    let pid = holder.strip_prefix("process ").and_then(|rest| rest.split(',').next()?.parse().ok());
    let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else { return true };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// How long a dead gateway's children may hold its lock.
const CHILD_GRACE: Duration = Duration::from_secs(2);
