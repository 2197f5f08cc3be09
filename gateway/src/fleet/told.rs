//! What nodes tell of themselves: their machines, signs of life, and the conversations they may follow (protocol 8.5).

use schemas::clock::Millis;
use schemas::event::{Event, NodeHostStats};
use schemas::methods::nodes::HostStats;

use super::Fleet;
use super::surface::{state, usable};
use crate::hub::Member;
use schemas::methods::nodes::ApprovalState;

impl Fleet {
    /// Keeps and shows what a node told of its machine. `None`: the connection no longer has the node's seat.
    pub fn host_stats(&self, member: &Member, mut told: HostStats) -> Option<()> {
        let now = self.clock.now();
        told.updated_at_ms = Some(now);
        let mut state = self.state();
        let known = state.known_of(member)?;
        known.record.stats = Some(told.clone());
        known.record.seen_at = Some(now);
        let due = now - known.written_at >= WRITE_INTERVAL;
        if due {
            known.written_at = now;
            self.save(&known.record);
        }
        let node_id = known.record.id.clone();
        drop(state);
        self.hub.publish(Event::NodeHostStats, &NodeHostStats { node_id, host_stats: told }, None);
        Some(())
    }

    /// Notes a sign of life. `Some(false)`: there was one a moment ago.
    pub fn alive(&self, member: &Member, reason: &str) -> Option<bool> {
        let now = self.clock.now();
        let mut state = self.state();
        let known = state.known_of(member)?;
        if now - known.alive_at < ALIVE_INTERVAL {
            return Some(false);
        }
        known.alive_at = now;
        known.record.seen_at = Some(now);
        known.record.seen_reason = Some(reason.to_owned());
        self.save(&known.record);
        let node = known.record.id.clone();
        drop(state);
        self.tell_presence(&node, true, reason);
        Some(true)
    }

    /// Says how far the surface of a connection's node is approved, and the request that waits. `None`: the connection
    /// no longer has the node's seat.
    pub fn standing(&self, member: &Member) -> Option<(ApprovalState, Option<String>)> {
        let mut nodes = self.state();
        let known = nodes.known_of(member)?;
        let pending = known.record.pending.as_ref().map(|(id, _)| id.clone());
        Some((state(&known.record), pending))
    }

    /// Says whether a connection's node declares an ability that was approved.
    pub fn has_cap(&self, member: &Member, cap: &str) -> bool {
        let mut nodes = self.state();
        let known = nodes.known_of(member);
        known.is_some_and(|known| usable(&known.record).caps.iter().any(|approved| approved == cap))
    }

    /// Returns what people call a connection's node.
    pub fn name_of(&self, member: &Member) -> Option<String> {
        let mut state = self.state();
        super::list::name(&state.known_of(member)?.record)
    }

    /// Says whether a connection's node may follow a conversation: somebody asked the node something on its behalf.
    pub fn may_follow(&self, member: &Member, session: &str) -> bool {
        let mut state = self.state();
        state.known_of(member).is_some_and(|known| known.sessions.iter().any(|known| known == session))
    }

    /// Says whether a connection's node was asked to run a program under this id.
    pub fn ran(&self, member: &Member, run_id: &str) -> bool {
        let mut state = self.state();
        state.known_of(member).is_some_and(|known| known.runs.iter().any(|known| known == run_id))
    }
}

/// Time between two writes of a machine's figures.
const WRITE_INTERVAL: Millis = 300_000;
/// Time between two signs of life that are written down.
const ALIVE_INTERVAL: Millis = 30_000;
