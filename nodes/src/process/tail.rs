//! Keeps the end of what a program writes to stderr, for the message of its failure.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

/// The last bytes of a stream, shared between whoever reads it and whoever reports it.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    ended: CancellationToken,
}

impl Tail {
    /// How many bytes are kept.
    pub const LIMIT: usize = 8 * 1024;

    /// Reads `pipe` to its end, so that its writer never stalls on it.
    pub async fn follow(&self, mut pipe: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
            self.push(&buffer[..count]);
        }
        self.ended.cancel();
    }

    /// Waits until the stream has ended, a short while at most: something unrelated may hold it open.
    pub async fn settled(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.ended.cancelled()).await;
    }

    fn push(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let excess = kept.len().saturating_sub(Self::LIMIT);
        kept.drain(..excess);
    }

    /// Returns what is kept, as text without control characters other than line feeds.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().copied().collect()
        };
        let text = String::from_utf8_lossy(&bytes);
        // A terminal escape in an error message could forge lines in a log or a chat.
        let clean: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        clean.trim().to_owned()
    }
}

const PATIENCE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_is_kept_and_escapes_are_removed() {
        let tail = Tail::default();
        let mut input = vec![b'x'; 20_000];
        input.extend(b"\x1b[31mlast words\n");
        tail.follow(&input[..]).await;
        let text = tail.text();
        assert!(text.len() <= Tail::LIMIT);
        assert!(text.ends_with("[31mlast words"));
    }
}
