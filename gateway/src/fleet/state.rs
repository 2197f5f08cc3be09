//! What is known of nodes and of what they were asked.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use schemas::bounds::MAX_NODE_SESSIONS;
use schemas::clock::Millis;
use schemas::event::NodeActivity;
use schemas::methods::nodes::NodeError;
use tokio::sync::oneshot;

use super::typed::Typed;
use super::work::Work;
use crate::hub::Member;
use crate::store::nodes::{NodeRecord, WorkRow};

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
    /// What waits for it, oldest first.
    pub(super) work: Vec<Work>,
    /// Conversations on whose behalf it was asked something, latest last.
    pub(super) sessions: VecDeque<String>,
    /// Programs that it was asked to run, by the caller's id of the run, latest last.
    pub(super) runs: VecDeque<(String, Option<String>)>,
    /// When its machine's figures were last written.
    pub(super) written_at: Millis,
    /// When its last sign of life was written.
    pub(super) alive_at: Millis,
}

/// A node's connection.
#[derive(Debug)]
pub(super) struct Here {
    /// The number of its seat.
    pub(super) seat: u64,
    pub(super) member: Arc<Member>,
    pub(super) since: Millis,
    /// The arguments of its commands.
    pub(super) schemas: BTreeMap<String, Typed>,
    /// What it told of the person at it.
    pub(super) activity: NodeActivity,
}

/// Something that a node was asked.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) node_id: String,
    /// The seat that was asked: only that may answer.
    pub(super) seat: u64,
    pub(super) answer: oneshot::Sender<Reply>,
    /// Who wants to see its output.
    pub(super) watch: Option<Watch>,
    /// The least number that its next piece of output may have.
    pub(super) next_piece: u64,
    /// Bytes of output so far.
    pub(super) shown: usize,
}

/// What a caller does with a node's output: its number and the piece.
#[derive(Clone)]
pub struct Watch(pub Arc<dyn Fn(u64, String) + Send + Sync>);

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
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

impl Known {
    pub(super) fn new(record: NodeRecord) -> Self {
        Self {
            record,
            here: None,
            work: Vec::new(),
            sessions: VecDeque::new(),
            runs: VecDeque::new(),
            written_at: 0,
            alive_at: 0,
        }
    }

    /// Remembers on whose behalf it is asked, and what it is to run.
    pub(super) fn remember(&mut self, session: Option<&str>, run: Option<&str>) {
        let short = |text: &&str| text.len() <= 512;
        let session = session.filter(short).map(str::to_owned);
        if let Some(run) = run.filter(short)
            && !self.runs.iter().any(|(known, _)| known == run)
        {
            push_bounded(&mut self.runs, (run.to_owned(), session.clone()));
        }
        if let Some(session) = session.filter(|session| !self.sessions.contains(session)) {
            push_bounded(&mut self.sessions, session);
        }
    }
}

/// Adds to a list, of which only the newest are kept.
fn push_bounded<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() >= MAX_NODE_SESSIONS {
        list.pop_front();
    }
    list.push_back(item);
}

impl State {
    pub(super) fn of(nodes: Vec<NodeRecord>, work: Vec<WorkRow>) -> Self {
        let known = |record: NodeRecord| (record.id.clone(), Known::new(record));
        let mut nodes: HashMap<String, Known> = nodes.into_iter().map(known).collect();
        for row in work {
            if let Some(known) = nodes.get_mut(&row.node_id) {
                known.work.push(Work::stored(row));
            }
        }
        Self { nodes, ..Self::default() }
    }

    /// Returns the node of a connection, if the connection has its seat.
    pub(super) fn known_of(&mut self, member: &Member) -> Option<&mut Known> {
        let known = self.nodes.get_mut(member.principal.device.as_deref()?)?;
        known.here.as_ref().is_some_and(|here| here.member.id == member.id).then_some(known)
    }

    /// Returns the seat of a connection, if it still has it.
    pub(super) fn here_of(&mut self, member: &Member) -> Option<&mut Here> {
        self.known_of(member)?.here.as_mut()
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
