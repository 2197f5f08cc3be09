//! What a node offers and what of that was approved: the states of protocol 7.1.
//!
//! A node has at most one request. What it declares decides: nothing beyond what was approved, and there is no request;
//! anything else, and there is the one whose id is the digest of it. What was approved stays in force until something
//! else is approved, but never more of it than the node still declares.

use schemas::clock::Millis;
use schemas::connect::ConnectParams;
use schemas::methods::nodes::{ApprovalState, Surface};
use sha2::{Digest, Sha256};

use super::commands::OWN_CLIENT;
use super::platform::Platform;
use crate::store::nodes::{Approved, NodeAbout, NodeRecord};

/// What became of a declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    /// The request that is no longer asked.
    pub(super) superseded: Option<String>,
    /// Whether there is a new one.
    pub(super) asks: bool,
}

/// Reads what a node claims: sorted, each once, nothing blank.
pub(super) fn claimed(params: &ConnectParams) -> Surface {
    let permissions = params.permissions.iter().filter(|(name, _)| is_name(name));
    Surface {
        caps: names(&params.caps),
        commands: names(&params.commands),
        permissions: permissions.map(|(name, granted)| (name.clone(), *granted)).collect(),
    }
}

fn names(claimed: &[String]) -> Vec<String> {
    let mut names: Vec<String> =
        claimed.iter().map(|name| name.trim()).filter(|name| is_name(name)).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Names are shown to people who decide on them: nothing may hide in one.
fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic())
}

/// Notes what a node declares.
pub(super) fn declare(record: &mut NodeRecord, surface: Surface, now: Millis) -> Declared {
    record.declared = surface;
    let wanted = (!is_covered(record)).then(|| request_id(record));
    let before = record.pending.take();
    match (before, wanted) {
        (Some((id, since)), Some(wanted)) if id == wanted => {
            record.pending = Some((id, since));
            Declared::default()
        }
        (before, wanted) => {
            let asks = wanted.is_some();
            record.pending = wanted.map(|id| (id, now));
            Declared { superseded: before.map(|(id, _)| id), asks }
        }
    }
}

/// Approves what a node declares.
pub(super) fn approve(record: &mut NodeRecord, actor: &str, now: Millis) {
    let approved = Approved { surface: record.declared.clone(), about: kind_of(&record.about) };
    record.approved = Some(approved);
    record.approved_at = Some(now);
    record.pending = None;
    actor.clone_into(&mut record.actor);
}

/// Returns what may be used now: approved, and declared still.
pub(super) fn usable(record: &NodeRecord) -> Surface {
    let Some(Approved { surface: approved, .. }) = &record.approved else { return Surface::default() };
    let both = |declared: &[String], approved: &[String]| {
        declared.iter().filter(|name| approved.contains(name)).cloned().collect()
    };
    let declared = &record.declared;
    let permissions = declared.permissions.iter().filter_map(|(name, granted)| {
        let before = approved.permissions.get(name)?;
        Some((name.clone(), *granted && *before))
    });
    Surface {
        caps: both(&declared.caps, &approved.caps),
        commands: both(&declared.commands, &approved.commands),
        permissions: permissions.collect(),
    }
}

/// Returns how far a node's surface is approved.
pub(super) fn state(record: &NodeRecord) -> ApprovalState {
    match (&record.approved, &record.pending) {
        (None, Some(_)) => ApprovalState::PendingApproval,
        (Some(_), Some(_)) => ApprovalState::PendingReapproval,
        (Some(_), None) => ApprovalState::Approved,
        (None, None) => ApprovalState::Unapproved,
    }
}

/// Says whether all that a node declares was approved, for a node of its kind.
fn is_covered(record: &NodeRecord) -> bool {
    let nothing = Approved { surface: Surface::default(), about: record.about.clone() };
    let approved = record.approved.as_ref().unwrap_or(&nothing);
    let declared = &record.declared;
    let within =
        |declared: &[String], approved: &[String]| declared.iter().all(|name| approved.contains(name));
    let granted =
        |(name, granted): (&String, &bool)| !granted || approved.surface.permissions.get(name) == Some(&true);
    within(&declared.caps, &approved.surface.caps)
        && within(&declared.commands, &approved.surface.commands)
        && declared.permissions.iter().all(granted)
        && same_kind(&record.about, &approved.about)
}

/// Says whether the tables give both the same: a new version of a system changes nothing, another system does.
fn same_kind(one: &NodeAbout, other: &NodeAbout) -> bool {
    let kind = |about: &NodeAbout| {
        let platform = Platform::of(about.platform.as_deref(), about.device_family.as_deref());
        let phone = about.device_family.as_deref().unwrap_or_default().trim().eq_ignore_ascii_case("iphone");
        (platform, phone, about.client_id.as_deref() == Some(OWN_CLIENT), about.speaks_3)
    };
    kind(one) == kind(other)
}

/// Returns what of a node's words decides what it may do.
fn kind_of(about: &NodeAbout) -> NodeAbout {
    NodeAbout {
        platform: about.platform.clone(),
        device_family: about.device_family.clone(),
        client_id: about.client_id.clone(),
        speaks_3: about.speaks_3,
        ..NodeAbout::default()
    }
}

/// Returns 128 bits of SHA-256, in hex, over node, kind and surface. Each text has its length before it, each list its
/// count: no two surfaces share a digest by moving a letter.
fn request_id(record: &NodeRecord) -> String {
    let mut hasher = Sha256::new();
    let mut text = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    let about = &record.about;
    text("landline node surface v1");
    text(&record.id);
    for said in [&about.platform, &about.device_family, &about.client_id, &about.display_name] {
        text(if said.is_some() { "1" } else { "0" });
        text(said.as_deref().unwrap_or_default());
    }
    text(if about.speaks_3 { "3" } else { "4" });
    let surface = &record.declared;
    for list in [&surface.caps, &surface.commands] {
        text(&list.len().to_string());
        for name in list {
            text(name);
        }
    }
    for (name, granted) in &surface.permissions {
        text(name);
        text(if *granted { "1" } else { "0" });
    }
    hex::encode(&hasher.finalize()[..16])
}
