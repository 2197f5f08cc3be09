//! What is known of nodes and of what they were asked.

use std::collections::HashMap;
use std::sync::Arc;

use schemas::clock::Millis;
use schemas::methods::nodes::NodeError;
use tokio::sync::oneshot;

use crate::hub::Member;
use crate::store::nodes::NodeRecord;

/// Everything that the lock protects.
#[derive(Debug, Default)]
pub(super) struct State {
    /// By node id.
    pub(super) nodes: HashMap<String, Known>,
    /// What nodes were asked and did not answer yet, by invocation id.
    pub(super) waiting: HashMap<String, Waiting>,
    /// The number of the last seat that was given.
    pub(super) seats: u64,
}

/// A node.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) record: NodeRecord,
    pub(super) here: Option<Here>,
}

/// A node's connection.
#[derive(Debug)]
pub(super) struct Here {
    /// The number of its seat.
    pub(super) seat: u64,
    pub(super) member: Arc<Member>,
    pub(super) since: Millis,
}

/// Something that a node was asked.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) node_id: String,
    /// The seat that was asked: only that may answer.
    pub(super) seat: u64,
    pub(super) answer: oneshot::Sender<Reply>,
}

/// How a node's answer came.
#[derive(Debug)]
pub(super) enum Reply {
    /// It did it; the answer as text.
    Done(String),
    /// It said no.
    Failed(NodeError),
    /// It went away.
    Gone(String),
}

impl State {
    pub(super) fn of(nodes: Vec<NodeRecord>) -> Self {
        let known = |record: NodeRecord| (record.id.clone(), Known { record, here: None });
        Self { nodes: nodes.into_iter().map(known).collect(), ..Self::default() }
    }

    /// Tells everyone who waits for `seat` that it is gone.
    pub(super) fn abandon(&mut self, seat: u64, why: &str) {
        let ids: Vec<String> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.seat == seat)
            .map(|(id, _)| id.clone())
            .collect();
        for waiting in ids.iter().filter_map(|id| self.waiting.remove(id)) {
            drop(waiting.answer.send(Reply::Gone(why.to_owned())));
        }
    }

    /// Tells everyone who waits for a node that it was removed.
    pub(super) fn forget_asked(&mut self, node: &str) {
        let seats: Vec<u64> = self
            .waiting
            .values()
            .filter(|waiting| waiting.node_id == node)
            .map(|waiting| waiting.seat)
            .collect();
        for seat in seats {
            self.abandon(seat, "removed");
        }
    }

    /// Returns how many wait for `seat`.
    pub(super) fn asked(&self, seat: u64) -> usize {
        self.waiting.values().filter(|waiting| waiting.seat == seat).count()
    }
}
