//! Reads lines of bounded length from a program.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Reads lines. What was read of a line is kept inside, so [`Lines::next`] may be dropped and called again.
#[derive(Debug)]
pub(super) struct Lines<R> {
    pipe: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from `pipe`; lines longer than `limit` bytes are an error.
    pub(super) fn new(pipe: R, limit: usize) -> Self {
        Self { pipe: BufReader::new(pipe), line: Vec::new(), limit }
    }

    /// Returns the next line that is not blank; an end within a line counts as the end. The error is for people.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            let read =
                self.pipe.fill_buf().await.map_err(|error| format!("its output cannot be read: {error}"))?;
            if read.is_empty() {
                return Ok(None);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(read.len(), |at| at + 1);
            if self.line.len() + taken > self.limit {
                return Err(format!("it wrote a line longer than {} bytes", self.limit));
            }
            self.line.extend_from_slice(&read[..taken]);
            self.pipe.consume(taken);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                if !line.iter().all(u8::is_ascii_whitespace) {
                    return Ok(Some(line));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_whole_and_only_up_to_the_limit() {
        let mut lines = Lines::new(&b"one\n\r\ntwo\n0123456789\n"[..], 8);
        assert_eq!(lines.next().await.unwrap().unwrap(), b"one\n");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"two\n");
        lines.next().await.unwrap_err();
        assert!(Lines::new(&b"half"[..], 8).next().await.unwrap().is_none());
    }
}
