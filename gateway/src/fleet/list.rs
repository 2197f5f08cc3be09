//! Nodes as lists show them.

use std::collections::BTreeMap;

use schemas::Scope;
use schemas::error::WireError;
use schemas::methods::nodes::{NodeDescribeOutput, NodePairRequest, NodeRow, NodesStatus, Surface};

use super::Fleet;
use super::commands::{Withheld, approver_needs};
use super::refusal::{pairing_changed, why_not};
use super::state::Known;
use super::surface::{state, usable};
use crate::security::Principal;
use crate::store::nodes::NodeRecord;

impl Fleet {
    /// Returns the nodes that `who` may see: connected ones first, then by name.
    pub fn list(&self, who: &Principal) -> Vec<NodeRow> {
        let state = self.state();
        let own = state.nodes.values().filter(|known| known.record.org == *who.org);
        let mut rows: Vec<NodeRow> = own.map(|known| self.shown(who, known)).collect();
        drop(state);
        rows.sort_by(|a, b| {
            let name = |row: &NodeRow| row.display_name.as_deref().map(str::to_lowercase);
            b.connected
                .cmp(&a.connected)
                .then_with(|| name(a).cmp(&name(b)))
                .then_with(|| a.node_id.cmp(&b.node_id))
        });
        rows
    }

    /// Counts nodes: known, connected, and those that wait for approval.
    pub fn count(&self) -> NodesStatus {
        let state = self.state();
        let all = || state.nodes.values();
        NodesStatus {
            known: all().count() as u64,
            connected: all().filter(|known| known.here.is_some()).count() as u64,
            pending: all().filter(|known| known.record.pending.is_some()).count() as u64,
            waiting: state.waiting.len() as u64,
        }
    }

    /// Returns one node, with what its commands take and why some of them cannot be called.
    pub fn describe(&self, who: &Principal, id: &str) -> Result<NodeDescribeOutput, WireError> {
        let state = self.state();
        let known =
            state.nodes.get(id).filter(|known| known.record.org == *who.org).ok_or_else(pairing_changed)?;
        let record = &known.record;
        let usable = usable(record);
        let node = self.shown(who, known);
        let schemas = known.here.iter().flat_map(|here| &here.schemas);
        let command_schemas = schemas
            .filter(|(name, _)| node.commands.contains(name))
            .map(|(name, typed)| (name.clone(), typed.schema.clone()))
            .collect();
        let withheld = record.declared.commands.iter().filter_map(|command| {
            let why = self.check(record, &usable, command).err()?;
            Some((command.clone(), why_not(record, command, why)))
        });
        // What waits is for those who may decide on it.
        let withheld = if who.has(Scope::Pairing) { withheld.collect() } else { BTreeMap::new() };
        Ok(NodeDescribeOutput { ts: self.clock.now(), command_schemas, withheld, node })
    }

    /// Returns a node's row; what waits is shown to those who may decide on it.
    pub(super) fn shown(&self, who: &Principal, known: &Known) -> NodeRow {
        let record = &known.record;
        let about = &record.about;
        let usable = usable(record);
        let decides = who.has(Scope::Pairing);
        let pending = record.pending.as_ref().filter(|_| decides).map(|(id, _)| id.clone());
        let asks = pending.is_some();
        let commands = usable.commands.iter().filter(|command| self.check(record, &usable, command).is_ok());
        NodeRow {
            node_id: record.id.clone(),
            display_name: name(record),
            platform: about.platform.clone(),
            version: about.version.clone(),
            client_id: about.client_id.clone(),
            client_mode: about.client_mode.clone(),
            device_family: about.device_family.clone(),
            model_identifier: about.model_identifier.clone(),
            remote_ip: about.remote_ip.clone(),
            commands: commands.cloned().collect(),
            caps: usable.caps.clone(),
            path_env: about.path_env.clone(),
            permissions: (!usable.permissions.is_empty()).then(|| usable.permissions.clone()),
            paired: true,
            connected: known.here.is_some(),
            approval_state: state(record),
            pending_request_id: pending,
            pending_declared_caps: asks.then(|| record.declared.caps.clone()),
            pending_declared_commands: asks.then(|| record.declared.commands.clone()),
            pending_declared_permissions: asks.then(|| record.declared.permissions.clone()),
            host_stats: record.stats.clone(),
            connected_at_ms: known.here.as_ref().map(|here| here.since),
            last_connected_at_ms: record.connected_at,
            last_seen_at_ms: record.seen_at,
            last_seen_reason: record.seen_reason.clone(),
            activity: known.here.as_ref().map(|here| here.activity).unwrap_or_default(),
            approved_at_ms: record.approved_at,
            pending_work: (!known.work.is_empty()).then_some(known.work.len() as u64),
        }
    }

    /// Passes a command through the three gates (protocol 8.2).
    pub(super) fn check(&self, record: &NodeRecord, usable: &Surface, command: &str) -> Result<(), Withheld> {
        let about = record.approved.as_ref().map_or(&record.about, |approved| &approved.about);
        self.rules().check(about, usable, command)
    }
}

/// Returns what a node is called.
pub(super) fn name(record: &NodeRecord) -> Option<String> {
    record.label.clone().or_else(|| record.about.display_name.clone())
}

/// Returns a node's request as approvers see it.
pub(super) fn request(record: &NodeRecord) -> NodePairRequest {
    let about = &record.about;
    let surface = &record.declared;
    let (request_id, ts) = record.pending.clone().unwrap_or_default();
    let needs = approver_needs(about, &surface.commands);
    NodePairRequest {
        request_id,
        node_id: record.id.clone(),
        client_id: about.client_id.clone(),
        client_mode: about.client_mode.clone(),
        display_name: name(record),
        platform: about.platform.clone(),
        version: about.version.clone(),
        device_family: about.device_family.clone(),
        caps: surface.caps.clone(),
        commands: surface.commands.clone(),
        permissions: (!surface.permissions.is_empty()).then(|| surface.permissions.clone()),
        required_approve_scopes: needs.iter().map(ToString::to_string).collect(),
        remote_ip: about.remote_ip.clone(),
        is_repair: record.approved.is_some(),
        ts,
    }
}
