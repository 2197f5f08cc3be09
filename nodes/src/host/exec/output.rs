//! What a program writes: streamed as it comes, and its beginning and end kept.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::host::progress::Progress;

/// The most that is kept of a stream, in characters (protocol 8.4).
pub(super) const LIMIT: usize = 200_000;

/// One stream of a program.
#[derive(Debug, Default)]
pub(super) struct Output {
    decoder: Decoder,
    head: String,
    head_length: usize,
    tail: VecDeque<char>,
    left_out: usize,
    streamed: usize,
}

impl Output {
    /// Reads `pipe` to its end. Stops between two reads when dropped, so what was read is kept.
    pub(super) async fn follow(&mut self, pipe: Option<impl AsyncRead + Unpin>, progress: &Progress) {
        let Some(mut pipe) = pipe else { return };
        let mut buffer = vec![0; READ_SIZE];
        while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
            let text = self.decoder.push(&buffer[..count]);
            self.push(&text);
            self.stream(&text, progress).await;
        }
    }

    /// Returns what was kept; the middle of a long stream is left out, and said to be.
    pub(super) fn finish(mut self) -> String {
        let rest = self.decoder.finish();
        self.push(&rest);
        let tail: String = self.tail.into_iter().collect();
        if self.left_out == 0 {
            return self.head + &tail;
        }
        format!("{}\n[… {} characters left out …]\n{tail}", self.head, self.left_out)
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.head_length < LIMIT / 2 {
                self.head.push(c);
                self.head_length += 1;
                continue;
            }
            if self.tail.len() == LIMIT / 2 {
                self.tail.pop_front();
                self.left_out += 1;
            }
            self.tail.push_back(c);
        }
    }

    async fn stream(&mut self, text: &str, progress: &Progress) {
        if self.streamed > LIMIT {
            return;
        }
        self.streamed += text.chars().count();
        progress.send(text).await;
        if self.streamed > LIMIT {
            progress.send("\n[… the rest is not streamed …]\n").await;
        }
    }
}

/// Makes text of bytes that come in pieces; a character may be cut by the border of two.
#[derive(Debug, Default)]
struct Decoder {
    /// The beginning of a character.
    cut: Vec<u8>,
}

impl Decoder {
    fn push(&mut self, bytes: &[u8]) -> String {
        self.cut.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.cut) {
            Ok(_) => self.cut.len(),
            Err(_) => self.cut.len() - incomplete_end(&self.cut),
        };
        let text = String::from_utf8_lossy(&self.cut[..whole]).into_owned();
        self.cut.drain(..whole);
        text
    }

    fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.cut)).into_owned()
    }
}

/// Returns how many bytes at the end may be the beginning of a character.
fn incomplete_end(bytes: &[u8]) -> usize {
    (1..=3.min(bytes.len()))
        .find(|count| {
            let end = &bytes[bytes.len() - count..];
            std::str::from_utf8(end)
                .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .unwrap_or(0)
}

const READ_SIZE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(bytes: &[u8]) -> String {
        let mut output = Output::default();
        output.follow(Some(bytes), &Progress::none()).await;
        output.finish()
    }

    #[tokio::test]
    async fn a_long_stream_keeps_its_beginning_and_its_end() {
        let text = format!("first{}last", "x".repeat(LIMIT + 1000));
        let kept = read(text.as_bytes()).await;
        assert!(kept.starts_with("first") && kept.ends_with("last"));
        assert!(kept.contains("[… 1009 characters left out …]"));
        assert_eq!(read("x".repeat(LIMIT).as_bytes()).await.len(), LIMIT);
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_shown_as_such() {
        assert_eq!(read(b"a\xffb\xe2\x82").await, "a\u{fffd}b\u{fffd}");
    }

    proptest! {
        #[test]
        fn cuts_between_bytes_change_nothing(text in "\\PC{0,40}", size in 1_usize..5) {
            let mut decoder = Decoder::default();
            let mut read = String::new();
            for piece in text.as_bytes().chunks(size) {
                read.push_str(&decoder.push(piece));
            }
            read.push_str(&decoder.finish());
            prop_assert_eq!(read, text);
        }
    }
}
