//! Lines from stdin, read by a thread of their own: a blocked read must not hold up what the agent says.

use std::io::BufRead as _;

use tokio::sync::mpsc;

/// Lines as they are typed.
#[derive(Debug)]
pub(crate) struct Lines {
    queue: mpsc::Receiver<String>,
}

impl Lines {
    /// Starts to read.
    pub(crate) fn start() -> Self {
        let (lines, queue) = mpsc::channel(16);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if lines.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Self { queue }
    }

    /// Waits for the next line; `None`: the input ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.queue.recv().await
    }
}
