//! Files that came in, fetched to where they are wanted.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::send::refused;
use crate::outbound::{Failure, Receipt, Retry, SendError};

/// Largest file that the Bot API gives out, in bytes.
pub(super) const LARGEST: u64 = 20 << 20;

/// Fetches a file of at most `limit` bytes; it appears at `path` only when it is whole, readable by its owner alone.
///
/// Nothing changes on the platform, so whatever breaks, it may be tried again.
pub(super) async fn fetch(
    channel: &Telegram,
    file: &str,
    path: &Path,
    limit: u64,
) -> Result<Receipt, SendError> {
    let call = Call::new("getFile", json!({ "file_id": file }));
    let found = channel.api.call(&call, channel.pace.call).await.map_err(harmless)?;
    let size = found.get("file_size").and_then(Value::as_u64);
    if size.is_some_and(|size| size > limit) {
        return Err(too_large(limit));
    }
    let Some(source) = found.get("file_path").and_then(Value::as_str) else {
        return Err(refused("Telegram does not give this file out"));
    };
    let part = Part::beside(path);
    let held = load(channel, source, &part.0, limit).await?;
    if size.is_some_and(|size| size != held) {
        return Err(harmless(Fault::Away(format!("the file ended after {held} bytes"))));
    }
    fs::rename(&part.0, path).await.map_err(|error| unwritten(&error))?;
    Ok(Receipt::default())
}

/// Loads a file into `part` and returns how many bytes it has.
async fn load(channel: &Telegram, source: &str, part: &Path, limit: u64) -> Result<u64, SendError> {
    let wait = channel.pace.call;
    let slow = |_| harmless(Fault::Away(format!("the file did not come on for {} s", wait.as_secs())));
    let begun = tokio::time::timeout(wait, channel.api.file(source)).await.map_err(slow)?;
    let mut response = begun.map_err(harmless)?;
    let mut sink = options().open(part).await.map_err(|error| unwritten(&error))?;
    let mut held = 0;
    loop {
        let next = tokio::time::timeout(wait, response.chunk()).await.map_err(slow)?;
        let Some(chunk) = next.map_err(|error| harmless(channel.api.broken(error)))? else {
            break;
        };
        held += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if held > limit {
            return Err(too_large(limit));
        }
        sink.write_all(&chunk).await.map_err(|error| unwritten(&error))?;
    }
    sink.sync_all().await.map_err(|error| unwritten(&error))?;
    Ok(held)
}

fn options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    options
}

/// A file that is not whole yet. It is removed when this goes, unless it was renamed by then.
struct Part(PathBuf);

impl Part {
    fn beside(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        Self(PathBuf::from(name))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove, and what cannot be removed is overwritten next time.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Returns the error of a call that only reads: one whose fate is unknown did no harm and may be made again.
fn harmless(fault: Fault) -> SendError {
    let error = SendError::from(fault);
    match error.failure {
        Failure::Unknown => SendError { failure: Failure::Away, retry: Retry::Later, ..error },
        _ => error,
    }
}

fn too_large(limit: u64) -> SendError {
    refused(format!("the file is larger than the {limit} bytes that are allowed"))
}

fn unwritten(error: &std::io::Error) -> SendError {
    refused(format!("the file could not be written: {error}"))
}
