//! `logs.tail`: the last lines of the log file.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use schemas::error::WireError;
use schemas::methods::system::{LogsTailOutput, LogsTailParams};

use crate::methods::{Call, internal};

/// Reads whole lines, from a position on or from the end; beside the event loop.
pub async fn tail(call: Call, params: LogsTailParams) -> Result<LogsTailOutput, WireError> {
    let file = call.services.log_file.clone();
    let read = tokio::task::spawn_blocking(move || read(&file, &params)).await;
    match read {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(WireError::not_found("there is no log file yet"))
        }
        Ok(Err(error)) => Err(internal(&error)),
        Err(error) => Err(internal(&error)),
    }
}

fn read(path: &Path, params: &LogsTailParams) -> std::io::Result<LogsTailOutput> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let max_bytes = params.max_bytes.unwrap_or(DEFAULT_BYTES);
    let limit = params.limit.map_or(DEFAULT_LINES, |limit| limit as usize);
    // A cursor beyond the end is one of a file that has been rotated since.
    let reset = params.cursor.is_some_and(|cursor| cursor > size);
    let from = params.cursor.filter(|_| !reset);
    let start = from.unwrap_or(0).max(size.saturating_sub(max_bytes));
    let cut = start > from.unwrap_or(0);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(size - start).read_to_end(&mut bytes)?;

    // Only whole lines: the rest of the last one comes with the next call.
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    let first =
        if cut { bytes.iter().position(|byte| *byte == b'\n').map_or(end, |index| index + 1) } else { 0 };
    let text = String::from_utf8_lossy(bytes.get(first.min(end)..end).unwrap_or_default());
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let dropped = lines.len().saturating_sub(limit);
    lines.drain(..dropped);
    Ok(LogsTailOutput {
        file: path.display().to_string(),
        cursor: start + end as u64,
        size,
        lines,
        truncated: (cut || dropped > 0).then_some(true),
        reset: reset.then_some(true),
    })
}

const DEFAULT_LINES: usize = 500;
const DEFAULT_BYTES: u64 = 250_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &Path, cursor: Option<u64>, limit: Option<u32>, max_bytes: Option<u64>) -> LogsTailOutput {
        read(path, &LogsTailParams { cursor, limit, max_bytes }).expect("read")
    }

    #[test]
    fn whole_lines_from_a_cursor_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log");
        std::fs::write(&path, "one\ntwo\nthr").expect("written");
        let first = ask(&path, None, None, None);
        assert_eq!((first.lines, first.cursor, first.truncated), (vec!["one".into(), "two".into()], 8, None));
        std::fs::write(&path, "one\ntwo\nthree\n").expect("written");
        assert_eq!(ask(&path, Some(8), None, None).lines, ["three"]);
        assert_eq!(ask(&path, None, Some(1), None).lines, ["three"]);
        assert_eq!(ask(&path, None, None, Some(8)).lines, ["three"], "a cut line is left out");
        let rotated = ask(&path, Some(999), None, None);
        assert_eq!((rotated.lines.len(), rotated.reset), (3, Some(true)));
    }
}
