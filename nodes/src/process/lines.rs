//! Reads lines of bounded length from a pipe, without losing any when the reading is interrupted.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Reads lines. The part of a line that was read is kept inside, so [`LineReader::next`] may be dropped and
/// called again.
#[derive(Debug)]
pub struct LineReader<R> {
    pipe: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
    /// The byte that ends a line.
    end: u8,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Reads from `pipe`; lines longer than `limit` bytes are an error.
    pub fn new(pipe: R, limit: usize) -> Self {
        Self::ended_by(b'\n', pipe, limit)
    }

    /// Reads from `pipe` what is ended by another byte than the line feed.
    pub fn ended_by(end: u8, pipe: R, limit: usize) -> Self {
        Self { pipe: BufReader::with_capacity(PIPE_SIZE, pipe), line: Vec::new(), limit, end }
    }

    /// Returns the next line with its line feed, the last one perhaps without; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, LineError> {
        loop {
            let read = self.pipe.fill_buf().await?;
            if read.is_empty() {
                return Ok(Some(std::mem::take(&mut self.line)).filter(|line| !line.is_empty()));
            }
            let end = read.iter().position(|byte| *byte == self.end).map(|at| at + 1);
            let taken = end.unwrap_or(read.len());
            if self.line.len() + taken > self.limit {
                return Err(LineError::TooLong(self.limit));
            }
            self.line.extend_from_slice(&read[..taken]);
            self.pipe.consume(taken);
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
        }
    }
}

/// Why no line could be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// A line did not end within the limit.
    #[error("a line of its output is longer than {0} bytes")]
    TooLong(usize),
    /// The pipe failed.
    #[error("its output could not be read: {0}")]
    Pipe(#[from] io::Error),
}

/// The size of a Linux pipe: more could not be read at once.
const PIPE_SIZE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn lines_come_whole_and_the_last_may_lack_its_line_feed() {
        let mut lines = LineReader::new(&b"one\n\ntwo"[..], 10);
        assert_eq!(lines.next().await.unwrap().unwrap(), b"one\n");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"\n");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"two");
        assert!(lines.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_line_over_the_limit_is_an_error() {
        let mut lines = LineReader::new(&b"12345678901\n"[..], 10);
        assert!(matches!(lines.next().await, Err(LineError::TooLong(10))));
    }

    #[tokio::test]
    async fn an_interrupted_read_loses_nothing() {
        let (mut writer, reader) = tokio::io::duplex(4);
        let mut lines = LineReader::new(reader, 100);
        writer.write_all(b"half").await.unwrap();
        tokio::select! {
            biased;
            _ = lines.next() => panic!("the line is not complete"),
            () = std::future::ready(()) => {}
        }
        let (line, _) = tokio::join!(lines.next(), writer.write_all(b" and half\n"));
        assert_eq!(line.unwrap().unwrap(), b"half and half\n");
    }
}
