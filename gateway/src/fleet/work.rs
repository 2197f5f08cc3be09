//! Work that is left for nodes that may be asleep: durable, with an end (protocol 5.7).
//!
//! A node that takes work need not acknowledge it: what it took and kept for half a minute counts as done. If its
//! connection ends sooner, the work comes again.

use schemas::bounds::{MAX_NODE_DRAIN, MAX_NODE_WORK, NODE_WORK_TTL};
use schemas::clock::Millis;
use schemas::error::WireError;
use schemas::methods::nodes::{
    NodePendingAckOutput, NodePendingDrainOutput, NodePendingEnqueueOutput, NodePendingEnqueueParams,
    NodePendingPullOutput, PendingAction, WorkItem, WorkPriority, WorkType,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::refusal::{busy, pairing_changed};
use super::state::Known;
use super::{Fleet, Invocation};
use crate::hub::Member;
use crate::security::Principal;
use crate::store::nodes::{WorkRow, put_node, put_work, remove_work};
use crate::store::{Saving, append_audit};

/// A piece of work.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) row: WorkRow,
    /// The seat that took it, and when.
    taken: Option<(u64, Millis)>,
}

impl Fleet {
    /// Leaves work for a node; answers when it is stored.
    pub async fn enqueue(
        &self,
        who: &Principal,
        params: NodePendingEnqueueParams,
    ) -> Result<NodePendingEnqueueOutput, WireError> {
        let now = self.clock.now();
        let priority: &'static str = params.priority.unwrap_or_default().into();
        let kind: &'static str = params.kind.into();
        let life = params.expires_in_ms.map_or_else(|| millis(NODE_WORK_TTL), millis_of);
        let (output, saving) = {
            let mut state = self.state();
            let known = state.nodes.get_mut(&params.node_id).filter(|known| known.record.org == *who.org);
            let known = known.ok_or_else(pairing_changed)?;
            self.settle(known, now);
            if let Some(waits) = known.work.iter().find(|work| work.row.kind == kind && work.taken.is_none())
            {
                return Ok(queued(known, &waits.row));
            }
            let row = row(who, known, kind, (now, now + life));
            let row = WorkRow { priority: priority.into(), ..row };
            let saving = self.leave_work(who, known, row.clone())?;
            (queued(known, &row), saving)
        };
        saving.done().await?;
        Ok(output)
    }

    /// Gives a node the work that waits for it, most urgent first.
    pub fn drain(&self, member: &Member, most: Option<u64>) -> Result<NodePendingDrainOutput, WireError> {
        let now = self.clock.now();
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(DRAIN).min(MAX_NODE_DRAIN);
        let mut state = self.state();
        let known = state.known_of(member).ok_or_else(pairing_changed)?;
        self.settle(known, now);
        let seat = known.here.as_ref().map(|here| here.seat).unwrap_or_default();
        let mut waits: Vec<usize> = (0..known.work.len()).filter(|&at| is_due(&known.work[at])).collect();
        waits.sort_by_key(|&at| {
            (std::cmp::Reverse(priority(&known.work[at].row)), known.work[at].row.created_at)
        });
        let has_more = waits.len() > most;
        waits.truncate(most);
        let mut items = Vec::with_capacity(waits.len());
        for at in waits {
            known.work[at].taken = Some((seat, now));
            items.push(item(&known.work[at].row));
        }
        if !items.is_empty() {
            known.record.revision += 1;
            self.save(&known.record);
        }
        let revision = known.record.revision;
        Ok(NodePendingDrainOutput { node_id: known.record.id.clone(), revision, items, has_more })
    }

    /// Returns the commands that waited for the node's app to be in the foreground; they stay until acknowledged.
    pub fn pull(&self, member: &Member) -> Result<NodePendingPullOutput, WireError> {
        let now = self.clock.now();
        let mut state = self.state();
        let known = state.known_of(member).ok_or_else(pairing_changed)?;
        self.settle(known, now);
        let usable = super::surface::usable(&known.record);
        let actions = known.work.iter().filter(|work| work.row.kind == COMMAND).filter_map(|work| {
            let action = action(&work.row)?;
            // What was allowed when it was left may be allowed no longer.
            self.check(&known.record, &usable, &action.command).is_ok().then_some(action)
        });
        Ok(NodePendingPullOutput { node_id: known.record.id.clone(), actions: actions.collect() })
    }

    /// Forgets work that a node has done.
    pub async fn ack(&self, member: &Member, ids: Vec<String>) -> Result<NodePendingAckOutput, WireError> {
        let now = self.clock.now();
        let (output, saving) = {
            let mut state = self.state();
            let known = state.known_of(member).ok_or_else(pairing_changed)?;
            self.settle(known, now);
            let (done, rest): (Vec<Work>, Vec<Work>) =
                std::mem::take(&mut known.work).into_iter().partition(|work| ids.contains(&work.row.id));
            known.work = rest;
            let saving = self.forget_work(known, done);
            let remaining_count = known.work.len() as u64;
            (
                NodePendingAckOutput { node_id: known.record.id.clone(), acked_ids: ids, remaining_count },
                saving,
            )
        };
        saving.done().await?;
        Ok(output)
    }

    /// Leaves a command for when the node's app is in the foreground; returns its id.
    pub(super) async fn postpone(&self, who: &Principal, call: &Invocation) -> Result<String, WireError> {
        let now = self.clock.now();
        let (id, saving) = {
            let mut state = self.state();
            let known = state.nodes.get_mut(&call.node_id).ok_or_else(pairing_changed)?;
            self.settle(known, now);
            let params = (!call.params.is_null()).then(|| call.params.to_string());
            let payload = json!({ "command": call.command, "paramsJSON": params });
            let row = row(who, known, COMMAND, (now, now + FOREGROUND_TTL));
            let row = WorkRow { payload: Some(payload.to_string()), ..row };
            let id = row.id.clone();
            (id, self.leave_work(who, known, row)?)
        };
        saving.done().await?;
        Ok(id)
    }

    fn leave_work(&self, who: &Principal, known: &mut Known, row: WorkRow) -> Result<Saving, WireError> {
        if known.work.len() >= MAX_NODE_WORK {
            return Err(busy("this node"));
        }
        known.record.revision += 1;
        let entry = self.entry(who, "node.pending.enqueue", &row.node_id, &row.kind);
        let record = known.record.clone();
        known.work.push(Work { row: row.clone(), taken: None });
        Ok(self.store.write_in_order(move |db| {
            put_node(db, &record)?;
            put_work(db, &row)?;
            append_audit(db, &entry)
        }))
    }

    /// Forgets what has run out, and what was taken long enough ago.
    fn settle(&self, known: &mut Known, now: Millis) {
        let here = known.here.as_ref().map(|here| here.seat);
        for work in &mut known.work {
            if work.taken.is_some_and(|(seat, at)| Some(seat) != here && now - at < GRACE) {
                work.taken = None;
            }
        }
        let (over, rest): (Vec<Work>, Vec<Work>) =
            std::mem::take(&mut known.work).into_iter().partition(|work| {
                work.row.expires_at <= now || work.taken.is_some_and(|(_, at)| now - at >= GRACE)
            });
        known.work = rest;
        if !over.is_empty() {
            drop(self.forget_work(known, over));
        }
    }

    fn forget_work(&self, known: &mut Known, done: Vec<Work>) -> Saving {
        if done.is_empty() {
            return Saving::default();
        }
        known.record.revision += 1;
        let record = known.record.clone();
        self.store.write_in_order(move |db| {
            put_node(db, &record)?;
            done.iter().try_for_each(|work| remove_work(db, &work.row.id))
        })
    }
}

impl Work {
    pub(super) fn stored(row: WorkRow) -> Self {
        Self { row, taken: None }
    }
}

/// Frees what a connection took a moment before it ended; call it when a seat is given up.
pub(super) fn give_back(known: &mut Known, seat: u64, now: Millis) {
    for work in &mut known.work {
        if work.taken.is_some_and(|(taken_by, at)| taken_by == seat && now - at < GRACE) {
            work.taken = None;
        }
    }
}

fn is_due(work: &Work) -> bool {
    work.row.kind != COMMAND && work.taken.is_none()
}

fn row(who: &Principal, known: &Known, kind: &str, (created_at, expires_at): (Millis, Millis)) -> WorkRow {
    WorkRow {
        seq: 0,
        id: Uuid::new_v4().to_string(),
        node_id: known.record.id.clone(),
        org: who.org.to_string(),
        actor: who.actor.to_string(),
        kind: kind.into(),
        priority: WorkPriority::Normal.to_string(),
        payload: None,
        created_at,
        expires_at,
    }
}

fn queued(known: &Known, row: &WorkRow) -> NodePendingEnqueueOutput {
    NodePendingEnqueueOutput {
        node_id: known.record.id.clone(),
        revision: known.record.revision,
        queued: item(row),
        wake_triggered: false,
    }
}

fn item(row: &WorkRow) -> WorkItem {
    WorkItem {
        id: row.id.clone(),
        kind: row.kind.parse().unwrap_or(WorkType::Status),
        priority: priority(row),
        created_at_ms: row.created_at,
        expires_at_ms: Some(row.expires_at),
        payload: None,
    }
}

fn action(row: &WorkRow) -> Option<PendingAction> {
    let payload: Value = serde_json::from_str(row.payload.as_deref()?).ok()?;
    Some(PendingAction {
        id: row.id.clone(),
        command: payload["command"].as_str()?.to_owned(),
        params_json: payload["paramsJSON"].as_str().map(str::to_owned),
        enqueued_at_ms: row.created_at,
    })
}

fn priority(row: &WorkRow) -> WorkPriority {
    row.priority.parse().unwrap_or_default()
}

fn millis(time: std::time::Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX)
}

fn millis_of(millis: u64) -> Millis {
    Millis::try_from(millis).unwrap_or(Millis::MAX)
}

/// A command for the foreground.
const COMMAND: &str = "command";
/// How long a command waits for the foreground (protocol 8.3).
const FOREGROUND_TTL: Millis = 600_000;
/// Time after which taken work counts as done.
const GRACE: Millis = 30_000;
/// Pieces handed out where nothing is said.
const DRAIN: usize = 4;
