//! Output that is sent while a command still works, in pieces that the protocol allows.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::client::Client;

/// The largest piece, in bytes (protocol 5.7: `chunk` ≤ 16384).
const MAX_CHUNK: usize = 16_384;

/// Sends pieces of output for one invocation; [`Progress::none`] sends nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Option<Arc<Line>>);

#[derive(Debug)]
struct Line {
    client: Client,
    invoke_id: String,
    node_id: String,
    state: Mutex<State>,
}

/// Held while a piece is under way, so that pieces leave in the order of their numbers.
#[derive(Debug, Default)]
struct State {
    seq: u64,
    /// The gateway refused a piece: it will not want the next ones either.
    refused: bool,
}

impl Progress {
    /// Returns one that sends nothing.
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Returns one that sends over `client`.
    pub(super) fn new(client: Client, invoke_id: &str, node_id: &str) -> Self {
        Self(Some(Arc::new(Line {
            client,
            invoke_id: invoke_id.to_owned(),
            node_id: node_id.to_owned(),
            state: Mutex::default(),
        })))
    }

    /// Sends `text` in pieces. Waiting for each answer slows the program down to what the connection takes.
    pub(super) async fn send(&self, text: &str) {
        let Some(line) = &self.0 else { return };
        for chunk in pieces(text, MAX_CHUNK) {
            let mut state = line.state.lock().await;
            if state.refused {
                return;
            }
            let params =
                json!({"invokeId": line.invoke_id, "nodeId": line.node_id, "seq": state.seq, "chunk": chunk});
            state.seq += 1;
            if let Err(error) = line.client.call_raw("node.invoke.progress", params).await {
                tracing::debug!(%error, invoke = line.invoke_id, "The gateway takes no progress");
                state.refused = true;
            }
        }
    }
}

/// Cuts a text into pieces of at most `limit` bytes, at borders of characters.
fn pieces(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, left) = rest.split_at(rest.floor_char_boundary(limit));
        rest = left;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_small_enough_and_nothing_is_lost(text in "\\PC{0,200}", limit in 4_usize..40) {
            let all: Vec<&str> = pieces(&text, limit).collect();
            prop_assert!(all.iter().all(|piece| !piece.is_empty() && piece.len() <= limit));
            prop_assert_eq!(all.concat(), text);
        }
    }
}
