//! A node's connection: taking its seat, being replaced, leaving.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::Scope;
use schemas::clock::Millis;
use schemas::connect::{ConnectParams, PROTOCOL};
use schemas::event::{Event, NodeActivity, NodePresence};
use schemas::methods::nodes::{NodePairRequest, NodePairResolved, Surface};

use super::Fleet;
use super::commands::approver_needs;
use super::invoke::push;
use super::list::request;
use super::platform::Platform;
use super::state::{Here, Known};
use super::surface::{approve, claimed, declare};
use super::work::give_back;
use crate::hub::{End, Member};
use crate::store::append_audit;
use crate::store::nodes::{NodeAbout, NodeRecord, put_node};

/// A node's place; dropping it leaves, unless a newer connection has it.
#[derive(Debug)]
pub struct Seat {
    fleet: Arc<Fleet>,
    node: Arc<str>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.fleet.leave(&self.node, self.number);
    }
}

/// How a node came in.
#[derive(Clone, Debug, Default)]
pub struct Arrival {
    /// Where it is, unless that is this machine.
    pub remote_ip: Option<String>,
    /// Whether it showed a setup code.
    pub by_setup_code: bool,
}

impl Fleet {
    /// Gives a node's connection its seat. `None`: it has no device, so it is no node.
    pub fn connect(
        self: &Arc<Self>,
        member: &Arc<Member>,
        claims: &ConnectParams,
        arrival: &Arrival,
    ) -> Option<Seat> {
        let node = member.principal.device.clone()?;
        let entered = self.take_seat(&node, member, claims, arrival);
        if let Some((id, commands)) = entered.approved {
            let entry = self.entry(&member.principal, "node.pair.bootstrap", &node, &commands);
            self.store.write_later(move |db| append_audit(db, &entry));
            let resolved = self.resolved(&id, &node, "approved");
            push(member, Event::NodePairResolved, &resolved);
        }
        if let Some(old) = entered.superseded {
            self.resolved(&old, &node, "superseded");
        }
        if let Some(request) = entered.asks {
            self.hub.publish(Event::NodePairRequested, &request, None);
        }
        self.tell_presence(&node, true, "connect");
        Some(Seat { fleet: Arc::clone(self), node, number: entered.number })
    }

    /// Puts a connection into its node's seat and notes what it claims; whoever had the seat is closed.
    fn take_seat(
        &self,
        node: &Arc<str>,
        member: &Arc<Member>,
        claims: &ConnectParams,
        arrival: &Arrival,
    ) -> Entered {
        let now = self.clock.now();
        let mut state = self.state();
        state.seats += 1;
        let number = state.seats;
        let known = state.nodes.entry(node.to_string()).or_insert_with(|| stranger(node, member, now));
        let (member, schemas) = (Arc::clone(member), BTreeMap::new());
        let before = known.here.replace(Here {
            seat: number,
            member,
            since: now,
            schemas,
            activity: NodeActivity::default(),
        });
        if let Some(before) = &before {
            give_back(known, before.seat, now);
        }
        let record = &mut known.record;
        record.about = about(claims, arrival);
        (record.connected_at, record.seen_at) = (Some(now), Some(now));
        record.seen_reason = Some("connect".into());
        let declared = declare(record, bounded(claimed(claims)), now);
        let at_once = arrival.by_setup_code && is_phone_app(record);
        let approved = record.pending.clone().filter(|_| at_once);
        let approved = approved.map(|(id, _)| (id, record.declared.commands.join(" ")));
        if approved.is_some() {
            approve(record, "setup-code", now);
        }
        let asks = (declared.asks && approved.is_none()).then(|| request(record));
        self.save(record);
        if let Some(before) = before {
            state.abandon(before.seat, "replaced by a newer connection");
            before.member.outbox.end(End::new(1008, "replaced by a newer connection of this node"));
        }
        Entered { number, approved, superseded: declared.superseded, asks }
    }

    fn leave(&self, node: &str, number: u64) {
        let now = self.clock.now();
        let mut state = self.state();
        // Whatever became of its seat: nobody is to wait for an answer from this connection.
        state.abandon(number, "connection closed");
        let Some(known) = state.nodes.get_mut(node) else { return };
        if known.here.as_ref().is_none_or(|here| here.seat != number) {
            return;
        }
        known.here = None;
        give_back(known, number, now);
        known.record.seen_at = Some(now);
        known.record.seen_reason = Some("disconnect".into());
        self.save(&known.record);
        drop(state);
        self.tell_presence(node, false, "disconnect");
    }

    /// Hands a node's row to the store; call it with the state locked.
    pub(super) fn save(&self, record: &NodeRecord) {
        let row = record.clone();
        drop(self.store.write_in_order(move |db| put_node(db, &row)));
    }

    pub(super) fn tell_presence(&self, node: &str, connected: bool, reason: &str) {
        self.tell_activity(node, connected, reason, NodeActivity::default());
    }

    pub(super) fn tell_activity(&self, node: &str, connected: bool, reason: &str, activity: NodeActivity) {
        let ts = self.clock.now();
        let told =
            NodePresence { node_id: node.to_owned(), connected, reason: reason.to_owned(), ts, activity };
        self.hub.publish(Event::NodePresence, &told, None);
    }

    pub(super) fn resolved(&self, request_id: &str, node: &str, decision: &str) -> NodePairResolved {
        let payload = NodePairResolved {
            request_id: request_id.to_owned(),
            node_id: node.to_owned(),
            decision: decision.to_owned(),
            ts: self.clock.now(),
        };
        self.hub.publish(Event::NodePairResolved, &payload, None);
        payload
    }
}

/// What there is to tell of a connection that took its seat.
struct Entered {
    number: u64,
    /// The request that was approved at once, and its commands.
    approved: Option<(String, String)>,
    superseded: Option<String>,
    asks: Option<NodePairRequest>,
}

/// Returns a node that was never here.
fn stranger(node: &Arc<str>, member: &Member, now: Millis) -> Known {
    Known::new(NodeRecord {
        id: node.to_string(),
        org: member.principal.org.to_string(),
        actor: member.principal.actor.to_string(),
        created_at: now,
        ..NodeRecord::default()
    })
}

/// Takes what a node declares once more, after what was approved was taken back.
pub(super) fn redeclare(record: &mut NodeRecord, now: Millis) {
    let surface = std::mem::take(&mut record.declared);
    record.pending = None;
    declare(record, surface, now);
}

/// Says whether this is the first surface of a known phone app that says what its kind of phone would say: its owner
/// has just read the code off the gateway's screen (protocol 7.4).
fn is_phone_app(record: &NodeRecord) -> bool {
    let about = &record.about;
    let platform = Platform::of(about.platform.as_deref(), about.device_family.as_deref());
    let app = match about.client_id.as_deref() {
        Some("openclaw-ios") => platform == Platform::Ios,
        Some("openclaw-android") => platform == Platform::Android,
        _ => false,
    };
    app && record.approved.is_none()
        && !approver_needs(about, &record.declared.commands).contains(&Scope::Admin)
}

fn about(claims: &ConnectParams, arrival: &Arrival) -> NodeAbout {
    let client = &claims.client;
    NodeAbout {
        display_name: client.display_name.clone(),
        platform: Some(client.platform.clone()),
        device_family: client.device_family.clone(),
        model_identifier: client.model_identifier.clone(),
        client_id: Some(client.id.clone()),
        client_mode: Some(client.mode.clone()),
        version: Some(client.version.clone()),
        path_env: claims.path_env.clone().filter(|path| path.len() <= MAX_PATH),
        remote_ip: arrival.remote_ip.clone(),
        speaks_3: claims.max_protocol < PROTOCOL,
    }
}

/// A surface that is too large to keep offers nothing.
fn bounded(surface: Surface) -> Surface {
    let lists = surface.caps.iter().chain(&surface.commands).chain(surface.permissions.keys());
    let bytes: usize = lists.map(String::len).sum();
    if bytes <= schemas::bounds::MAX_NODE_SURFACE_BYTES { surface } else { Surface::default() }
}

/// Bytes of a PATH that are kept.
const MAX_PATH: usize = 16_384;
