//! Decisions on what nodes offer: listing what waits, approving, rejecting, naming, removing (protocol 7.1, 5.1).

use schemas::Scope;
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::event::Event;
use schemas::methods::nodes::{
    NodePairApproveOutput, NodePairListOutput, NodePairRejectOutput, NodeRenameOutput, PairedNode,
};
use serde_json::json;

use super::Fleet;
use super::commands::approver_needs;
use super::connect::redeclare;
use super::invoke::push;
use super::list::{name, request};
use super::refusal::pairing_changed;
use super::state::{Known, State};
use super::surface::{approve, usable};
use crate::hub::End;
use crate::security::Principal;
use crate::store::nodes::{NodeRecord, put_node, remove_node};
use crate::store::{AuditEntry, Saving, append_audit};

impl Fleet {
    /// Returns the nodes that wait and those that have something approved.
    pub fn pairings(&self, who: &Principal) -> NodePairListOutput {
        let state = self.state();
        let own = state.nodes.values().map(|known| &known.record).filter(|record| record.org == *who.org);
        let (mut pending, mut paired) = (Vec::new(), Vec::new());
        for record in own {
            pending.extend(record.pending.is_some().then(|| request(record)));
            paired.extend(record.approved_at.map(|at| approved(record, at)));
        }
        pending.sort_by(|a, b| a.ts.cmp(&b.ts).then_with(|| a.node_id.cmp(&b.node_id)));
        paired
            .sort_by(|a, b| b.approved_at_ms.cmp(&a.approved_at_ms).then_with(|| a.node_id.cmp(&b.node_id)));
        NodePairListOutput { pending, paired }
    }

    /// Allows a node what it asks for. An approver cannot give what they may not call themselves.
    pub async fn approve(&self, who: &Principal, id: &str) -> Result<NodePairApproveOutput, WireError> {
        let now = self.clock.now();
        let (output, told, saving) = {
            let mut state = self.state();
            let known = waiting(&mut state, who, id)?;
            let needs = approver_needs(&known.record.about, &known.record.declared.commands);
            let lacking: Vec<Scope> = needs.iter().copied().filter(|scope| !who.has(*scope)).collect();
            if !lacking.is_empty() {
                self.denied(who, "node.pair.approve", &known.record.id, &lacks(&lacking));
                return Err(not_yours(&lacking, &needs));
            }
            approve(&mut known.record, &who.actor, now);
            let detail = known.record.declared.commands.join(" ");
            let entry = self.entry(who, "node.pair.approve", &known.record.id, &detail);
            let saving = self.save_with(&known.record, entry);
            let told = known.here.as_ref().map(|here| std::sync::Arc::clone(&here.member));
            (NodePairApproveOutput { request_id: id.to_owned(), node: self.shown(who, known) }, told, saving)
        };
        saving.done().await?;
        let resolved = self.resolved(id, &output.node.node_id, "approved");
        if let Some(node) = told {
            push(&node, Event::NodePairResolved, &resolved);
        }
        Ok(output)
    }

    /// Refuses what a node asks for. It asks again when it connects anew or offers something else.
    pub async fn reject(&self, who: &Principal, id: &str) -> Result<NodePairRejectOutput, WireError> {
        let (node_id, told, saving) = {
            let mut state = self.state();
            let known = waiting(&mut state, who, id)?;
            known.record.pending = None;
            let entry = self.entry(who, "node.pair.reject", &known.record.id, id);
            let saving = self.save_with(&known.record, entry);
            let told = known.here.as_ref().map(|here| std::sync::Arc::clone(&here.member));
            (known.record.id.clone(), told, saving)
        };
        saving.done().await?;
        let resolved = self.resolved(id, &node_id, "rejected");
        if let Some(node) = told {
            push(&node, Event::NodePairResolved, &resolved);
        }
        Ok(NodePairRejectOutput { request_id: id.to_owned(), node_id })
    }

    /// Names a node for people.
    pub async fn rename(
        &self,
        who: &Principal,
        id: &str,
        label: &str,
    ) -> Result<NodeRenameOutput, WireError> {
        self.must_own(who, "node.rename", id)?;
        let label = label.trim();
        if label.is_empty() || label.chars().any(char::is_control) {
            return Err(WireError::invalid("/displayName: give a name of visible characters on one line"));
        }
        let saving = {
            let mut state = self.state();
            let known = own(&mut state, who, id)?;
            known.record.label = Some(label.to_owned());
            let entry = self.entry(who, "node.rename", id, label);
            self.save_with(&known.record, entry)
        };
        saving.done().await?;
        Ok(NodeRenameOutput { node_id: id.to_owned(), display_name: label.to_owned() })
    }

    /// Checks that `who` may remove a node, and returns a mark for [`Fleet::forget`].
    pub fn may_remove(&self, who: &Principal, id: &str) -> Result<u64, WireError> {
        self.must_own(who, "node.pair.remove", id)?;
        let mut state = self.state();
        own(&mut state, who, id)?;
        Ok(state.seats)
    }

    /// Returns a mark: connections that come after it are not what [`Fleet::forget`] forgets.
    pub fn mark(&self) -> u64 {
        self.state().seats
    }

    /// Forgets a node whose device is no longer paired, or no longer as a node. One that has come in anew after `mark`
    /// begins anew.
    pub async fn forget(&self, who: &Principal, id: &str, mark: u64) -> Result<(), WireError> {
        let now = self.clock.now();
        let saving = {
            let mut state = self.state();
            let Some(mut known) = state.nodes.remove(id) else { return Ok(()) };
            let entry = self.entry(who, "node.pair.remove", id, "");
            let here = known.here.take();
            if let Some(here) = here.filter(|here| here.seat > mark) {
                let actor = here.member.principal.actor.to_string();
                let record = &mut known.record;
                (record.approved, record.approved_at, record.label) = (None, None, None);
                (record.actor, record.created_at) = (actor, now);
                redeclare(record, now);
                let saving = self.save_with(record, entry);
                known.here = Some(here);
                state.nodes.insert(id.to_owned(), known);
                saving
            } else {
                state.forget_asked(id);
                let node = id.to_owned();
                self.store.write_in_order(move |db| {
                    remove_node(db, &node)?;
                    append_audit(db, &entry)
                })
            }
        };
        self.hub.close(&End::auth_changed(), |member| {
            member.principal.device.as_deref() == Some(id)
                && member.principal.role == schemas::Role::Node
                && !self.holds(id, &member.id)
        });
        saving.done().await?;
        self.resolved(id, id, "removed");
        Ok(())
    }

    /// Says whether a connection has its node's seat.
    pub(super) fn holds(&self, node: &str, connection: &str) -> bool {
        let state = self.state();
        let here = state.nodes.get(node).and_then(|known| known.here.as_ref());
        here.is_some_and(|here| &*here.member.id == connection)
    }

    fn must_own(&self, who: &Principal, action: &str, id: &str) -> Result<(), WireError> {
        if who.has(Scope::Admin) || (who.has(Scope::Pairing) && who.device.as_deref() == Some(id)) {
            return Ok(());
        }
        self.denied(who, action, id, "neither the node itself nor an administrator");
        Err(WireError::missing_scope(Scope::Admin))
    }

    /// Hands a node's row and an audit entry to the store; call it with the state locked.
    fn save_with(&self, record: &NodeRecord, entry: AuditEntry) -> Saving {
        let row = record.clone();
        self.store.write_in_order(move |db| {
            put_node(db, &row)?;
            append_audit(db, &entry)
        })
    }

    pub(super) fn entry(&self, who: &Principal, action: &str, target: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            org: who.org.to_string(),
            actor: who.actor.to_string(),
            action: action.into(),
            target: target.into(),
            outcome: "ok".into(),
            detail: detail.into(),
        }
    }

    /// Writes down that somebody was refused something; nobody waits for it.
    pub(super) fn denied(&self, who: &Principal, action: &str, target: &str, detail: &str) {
        let entry = AuditEntry { outcome: "denied".into(), ..self.entry(who, action, target, detail) };
        self.store.write_later(move |db| append_audit(db, &entry));
    }
}

/// Returns the node whose request has this id.
fn waiting<'a>(state: &'a mut State, who: &Principal, id: &str) -> Result<&'a mut Known, WireError> {
    let mut nodes = state.nodes.values_mut().filter(|known| known.record.org == *who.org);
    let found = nodes.find(|known| known.record.pending.as_ref().is_some_and(|(pending, _)| pending == id));
    found.ok_or_else(|| {
        WireError::not_found(
            "no such request: it was decided, or the node offers something else now; run `landline nodes pending`",
        )
    })
}

fn own<'a>(state: &'a mut State, who: &Principal, id: &str) -> Result<&'a mut Known, WireError> {
    state.nodes.get_mut(id).filter(|known| known.record.org == *who.org).ok_or_else(pairing_changed)
}

fn approved(record: &NodeRecord, approved_at_ms: i64) -> PairedNode {
    let usable = usable(record);
    let about = &record.about;
    PairedNode {
        node_id: record.id.clone(),
        display_name: name(record),
        platform: about.platform.clone(),
        version: about.version.clone(),
        device_family: about.device_family.clone(),
        caps: usable.caps,
        commands: usable.commands,
        permissions: (!usable.permissions.is_empty()).then_some(usable.permissions),
        remote_ip: about.remote_ip.clone(),
        created_at_ms: record.created_at,
        approved_at_ms,
        last_connected_at_ms: record.connected_at,
        last_host_stats: record.stats.clone(),
    }
}

fn lacks(lacking: &[Scope]) -> String {
    let names: Vec<String> = lacking.iter().map(ToString::to_string).collect();
    format!("lacks {}", names.join(" "))
}

/// The refusal for an approver who would give what they may not use.
fn not_yours(lacking: &[Scope], needs: &[Scope]) -> WireError {
    let names: Vec<String> = lacking.iter().map(ToString::to_string).collect();
    let message =
        format!("missing scope: {}; what this node offers needs an approver who has it", names.join(", "));
    let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
    WireError::new(ErrorCode::Forbidden, message).details(json!({
        "code": DetailCode::MissingScope, "missingScope": names.first(), "requiredScopes": needs,
    }))
}
