//! The gateway's log: lines on stderr, and JSON lines in a file that never grows without bound.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use gateway::config::{LogFormat, LogSection};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Lines that may wait to be written. Their queue is an array of that length: the crate's own 128,000 are 4 MB, of
/// which each line touches a new piece.
const WAITING_LINES: usize = 8192;
/// Size at which a new file is begun, in bytes.
const MAX_SIZE: u64 = 10 * 1024 * 1024;
/// Files that are kept, the one being written included.
const KEPT_FILES: u32 = 3;

/// Returns the log file of a state directory.
pub(crate) fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("logs").join("gateway.log")
}

/// Starts to log. The guard writes what is still waiting when it is dropped.
pub(crate) fn start(section: &LogSection, state_dir: &Path) -> Result<WorkerGuard, String> {
    let path = file(state_dir);
    let log =
        RotatingFile::open(path.clone(), MAX_SIZE).map_err(|error| format!("{}: {error}", path.display()))?;
    let (writer, guard) = beside(log);
    let filter = EnvFilter::try_new(&section.level).map_err(|error| format!("log.level: {error}"))?;
    let to_stderr = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let to_stderr = match section.format {
        LogFormat::Json => to_stderr.json().boxed(),
        LogFormat::Pretty => to_stderr.with_ansi(io::stderr().is_terminal()).boxed(),
    };
    let to_file = tracing_subscriber::fmt::layer().json().with_writer(writer);
    tracing_subscriber::registry()
        .with(filter)
        .with(to_stderr)
        .with(to_file)
        .try_init()
        .map_err(|error| error.to_string())?;
    Ok(guard)
}

/// Starts to log for the node of this machine: into its own folder, and warnings on stderr.
pub(crate) fn start_node(dir: &Path) -> Result<WorkerGuard, String> {
    let path = dir.join("logs").join("node.log");
    let log =
        RotatingFile::open(path.clone(), MAX_SIZE).map_err(|error| format!("{}: {error}", path.display()))?;
    let (writer, guard) = beside(log);
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_filter(EnvFilter::new("error"));
    let to_file =
        tracing_subscriber::fmt::layer().json().with_writer(writer).with_filter(EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init()
        .map_err(|error| error.to_string())?;
    Ok(guard)
}

/// Has a thread of its own write the log, so that nobody waits for the disk.
fn beside(log: RotatingFile) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(log)
}

/// A file that is put aside when it is full: `gateway.log`, `gateway.log.1`, `gateway.log.2`.
#[derive(Debug)]
struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl RotatingFile {
    fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let file = append(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file, size, limit })
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..KEPT_FILES).rev() {
            let newer = if age == 1 { self.path.clone() } else { aged(&self.path, age - 1) };
            match fs::rename(newer, aged(&self.path, age)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    /// Writes one line: the appender hands over whole ones.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + line.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

fn aged(path: &Path, age: u32) -> PathBuf {
    path.with_extension(format!("log.{age}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_are_put_aside_and_the_oldest_goes() {
        let dir = tempfile::tempdir().expect("dir");
        let path = file(dir.path());
        let mut log = RotatingFile::open(path.clone(), 10).expect("open");
        for line in ["one 5678\n", "two 5678\n", "three 78\n", "four 678\n"] {
            log.write_all(line.as_bytes()).expect("write");
        }
        let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
        assert_eq!(read(path.clone()), "four 678\n");
        assert_eq!(read(aged(&path, 1)), "three 78\n");
        assert_eq!(read(aged(&path, 2)), "two 5678\n");
        assert!(!aged(&path, 3).exists());
        drop(log);
        let mut log = RotatingFile::open(path.clone(), 100).expect("open again");
        log.write_all(b"five\n").expect("write");
        assert_eq!(read(path), "four 678\nfive\n");
    }
}
