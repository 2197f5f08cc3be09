//! Strangers who write to the bot: a code for them, a question with two buttons for the owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::{Ability, Action, Button, Place};
use schemas::bounds::{CHANNEL_PAIRING_TTL, MAX_CHANNEL_PAIRINGS};
use schemas::clock::Millis;
use schemas::event::Event;
use schemas::methods::peers::{ChannelPairingRequest, ChannelPairingResolved};

use super::Bridge;
use super::account::Live;
use super::courier::{entry, millis};
use super::journal::place_of;
use super::orders::{GONE, NOT_YOURS, Press, Reaction};
use super::parcel::Parcel;
use super::turn::{actor, plain};
use super::workers::Lane;
use crate::store::accounts::AccountName;
use crate::store::outbox::{self, NewOutbox};
use crate::store::peers::{self, Asked, NewPeer, PeerRow};
use crate::store::{AuditEntry, DEFAULT_ORG, Db, StoreError, append_audit, tasks as rows};

impl Bridge {
    /// Makes a pairing request for a stranger and tells them and the owners; says nothing when there is one
    /// already, or too many.
    pub(super) async fn knock(
        &self,
        live: &Arc<Live>,
        lane: &Lane,
        parcel: &Parcel,
    ) -> Result<(), StoreError> {
        let (now, sender) = (self.now(), &parcel.inbound.sender);
        let new = NewPeer {
            peer: sender.id.clone(),
            name: tame(&sender.name),
            handle: sender.handle.as_deref().map(tame),
            chat: parcel.inbound.chat.id.clone(),
            code: super::code::new_code(),
            expires_at: now + millis(CHANNEL_PAIRING_TTL),
        };
        let (org, of, to, place) = (live.org(), live.of.clone(), parcel.to(), lane.place.clone());
        let buttons = live.traits().abilities.contains(Ability::Buttons);
        let write = move |db: &Db| {
            let Asked::Made(peer) = peers::ask(db, &org, &of, &new, MAX_CHANNEL_PAIRINGS, now)? else {
                return Ok((Vec::new(), None));
            };
            let mut told =
                vec![entry(&format!("knock:{}", peer.seq), &place, to, welcome(&peer), rows::GATEWAY, None)];
            for owner in peers::of_account(db, &of, "owner")? {
                told.push(question(&peer, &owner, buttons));
            }
            for row in &told {
                outbox::push(db, &org, &of, row, now)?;
            }
            Ok((told, Some(peer)))
        };
        let (told, peer) = self.store().write(write).await?;
        for row in told {
            self.wake_courier(&Lane { of: live.of.clone(), place: row.lane });
        }
        if let Some(peer) = peer {
            self.0.parts.hub.publish(Event::ChannelsPairingRequested, &pairing_request(&peer), None);
        }
        Ok(())
    }

    /// Decides a pairing request by its code. Returns who asked; `None` if there is no such request any more.
    pub async fn decide_peer(
        &self,
        org: &str,
        of: &AccountName,
        code: &str,
        decision: Decision,
        by: &str,
    ) -> Result<Option<PeerRow>, StoreError> {
        let (now, org, name) = (self.now(), org.to_owned(), of.clone());
        let (asked, decider) = (code.to_owned(), by.to_owned());
        let write = move |db: &Db| {
            let peer = match decision.state() {
                Some(state) => peers::decide(db, &org, &name, &asked, state, &decider, now)?,
                None => peers::dismiss(db, &org, &name, &asked, now)?,
            };
            let Some(peer) = peer else { return Ok((None, Vec::new())) };
            append_audit(db, &audited(&name, &peer.peer, &decider, decision.word(), now))?;
            let told = consequences(db, &peer, decision, &decider)?;
            for row in &told {
                outbox::push(db, &org, &name, row, now)?;
            }
            Ok((Some(peer), told))
        };
        let (peer, told) = self.store().write(write).await?;
        let Some(peer) = peer else { return Ok(None) };
        if let Decision::Approve { .. } = decision
            && let Some(live) = self.live(of)
        {
            live.set_approved(&peer.peer, true);
        }
        for row in told {
            self.wake_courier(&Lane { of: of.clone(), place: row.lane });
        }
        let resolved = ChannelPairingResolved {
            request_id: code.to_owned(),
            channel: of.channel.clone(),
            account_id: of.account.clone(),
            sender_id: peer.peer.clone(),
            decision: decision.word().into(),
        };
        self.0.parts.hub.publish(Event::ChannelsPairingResolved, &resolved, None);
        Ok(Some(peer))
    }

    /// Remembers where an owner can be reached, when they first write.
    pub(super) async fn meet_owner(&self, live: &Live, parcel: &Parcel) -> Result<(), StoreError> {
        let sender = &parcel.inbound.sender;
        if !live.meet(&sender.id) {
            return Ok(());
        }
        let (org, of, now) = (live.org(), live.of.clone(), self.now());
        let (peer, name, chat) = (sender.id.clone(), tame(&sender.name), parcel.inbound.chat.id.clone());
        self.store().write(move |db| peers::meet_owner(db, &org, &of, (&peer, &name, &chat), now)).await
    }

    /// Takes away somebody's right to talk to the bot; false if they had none.
    pub async fn remove_peer(&self, of: &AccountName, peer: &str, by: &str) -> Result<bool, StoreError> {
        let (name, who, by, now) = (of.clone(), peer.to_owned(), by.to_owned(), self.now());
        let write = move |db: &Db| {
            let removed = peers::remove(db, &name, &who)?;
            if removed {
                append_audit(db, &audited(&name, &who, &by, "removed", now))?;
            }
            Ok(removed)
        };
        let removed = self.store().write(write).await?;
        if let Some(live) = self.live(of) {
            live.set_approved(peer, false);
        }
        Ok(removed)
    }

    /// Takes an owner's answer to a pairing request.
    pub(super) async fn answer_knock(&self, press: &Press<'_>, rest: &str) -> Result<Reaction, StoreError> {
        let Some((code, answer)) = rest.rsplit_once(':') else { return Ok(GONE) };
        if !press.live.account.access.is_owner(&press.inbound.sender.id) {
            return Ok(NOT_YOURS);
        }
        let (org, by) = (press.live.org(), actor(press.live, &press.inbound.sender.id));
        let approve = answer == "y";
        let decision = if approve { Decision::Approve { owner: false, tell: true } } else { Decision::Deny };
        let decided = self.decide_peer(&org, &press.live.of, code, decision, &by).await?;
        if decided.is_none() {
            self.unbutton(press, "This request was answered before, or has lapsed.").await?;
            return Ok(GONE);
        }
        Ok(Reaction { text: if approve { "Approved." } else { "Denied." }, refused: false })
    }
}

/// What becomes of a stranger who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They may talk to the bot.
    Approve {
        /// They are asked on the platform when others want in.
        owner: bool,
        /// They are told.
        tell: bool,
    },
    /// They may not, and get no further code until the request has lapsed.
    Deny,
    /// The request is dropped; they may ask again.
    Dismiss,
}

impl Decision {
    fn state(self) -> Option<&'static str> {
        match self {
            Self::Approve { owner: true, .. } => Some("owner"),
            Self::Approve { owner: false, .. } => Some("approved"),
            Self::Deny => Some("denied"),
            Self::Dismiss => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Approve { .. } => "approved",
            Self::Deny => "denied",
            Self::Dismiss => "dismissed",
        }
    }
}

/// Returns what a decision has said on the platform: to the person, and to the owners whose question is answered.
fn consequences(db: &Db, peer: &PeerRow, decision: Decision, by: &str) -> Result<Vec<NewOutbox>, StoreError> {
    let mut told = Vec::new();
    if let Decision::Approve { tell: true, .. } = decision {
        let text = "You can talk to me now: what you write here is answered by an agent.";
        let to = Place { chat: peer.chat.clone(), thread: None };
        told.push(entry(&format!("paired:{}", peer.seq), &peer.chat, to, plain(text.into()), by, None));
    }
    let outcome = match decision {
        Decision::Approve { .. } => "Approved.",
        Decision::Deny => "Denied.",
        Decision::Dismiss => "Dismissed.",
    };
    for owner in peers::of_account(db, &peer.of, "owner")? {
        told.extend(answered(db, peer, &owner, outcome)?);
    }
    Ok(told)
}

/// Returns a waiting stranger as the wire shows them.
pub fn pairing_request(peer: &PeerRow) -> ChannelPairingRequest {
    let asked = iso(peer.asked_at);
    ChannelPairingRequest {
        request_id: peer.code.clone().unwrap_or_default(),
        channel: peer.of.channel.clone(),
        channel_label: label(&peer.of.channel),
        account_id: peer.of.account.clone(),
        sender_id: peer.peer.clone(),
        sender_label: if peer.name.is_empty() { peer.peer.clone() } else { peer.name.clone() },
        metadata: peer.handle.clone().map(|handle| BTreeMap::from([("handle".to_owned(), handle)])),
        created_at: asked.clone(),
        last_seen_at: asked,
        expires_at: iso(peer.expires_at),
        notify_supported: true,
    }
}

/// Returns a platform's name for people.
pub fn label(channel: &str) -> String {
    let mut letters = channel.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn iso(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

fn audited(of: &AccountName, who: &str, by: &str, word: &str, at: Millis) -> AuditEntry {
    AuditEntry {
        at,
        org: DEFAULT_ORG.into(),
        actor: by.to_owned(),
        action: "channel.pairing".into(),
        target: format!("{}:{}:{who}", of.channel, of.account),
        outcome: "ok".into(),
        detail: word.into(),
    }
}

fn welcome(peer: &PeerRow) -> Action {
    let code = peer.code.as_deref().unwrap_or_default();
    plain(format!(
        "I do not know you yet. Give this code to my owner, who can let you in within an hour:\n\n```\n{code}\n```"
    ))
}

fn question(peer: &PeerRow, owner: &PeerRow, buttons: bool) -> NewOutbox {
    let code = peer.code.as_deref().unwrap_or_default();
    let button = |label: &str, answer| Button { label: label.into(), data: format!("p:{code}:{answer}") };
    let action = Action::Text {
        text: format!("{} Code: `{code}`", who(peer)),
        reply_to: None,
        buttons: if buttons { vec![vec![button("Approve", 'y'), button("Deny", 'n')]] } else { Vec::new() },
        silent: false,
    };
    let to = Place { chat: owner.chat.clone(), thread: None };
    entry(&question_key(peer, owner), &place_of(&owner.chat, None), to, action, rows::GATEWAY, None)
}

/// Returns the edit that takes the buttons away from an owner's question.
fn answered(
    db: &Db,
    peer: &PeerRow,
    owner: &PeerRow,
    outcome: &str,
) -> Result<Option<NewOutbox>, StoreError> {
    let asked = outbox::by_key(db, &question_key(peer, owner))?;
    Ok(asked.and_then(|row| row.platform_id).map(|message| {
        let text = format!("{} {outcome}", who(peer));
        let action = Action::Edit { message, text, buttons: Vec::new() };
        let to = Place { chat: owner.chat.clone(), thread: None };
        let key = format!("{}:answered", question_key(peer, owner));
        entry(&key, &place_of(&owner.chat, None), to, action, rows::GATEWAY, None)
    }))
}

fn question_key(peer: &PeerRow, owner: &PeerRow) -> String {
    format!("question:{}:{}", peer.seq, owner.seq)
}

fn who(peer: &PeerRow) -> String {
    let handle = peer.handle.as_deref().map(|handle| format!(" (`@{handle}`)")).unwrap_or_default();
    format!("`{}`{handle} wants to talk to me on {}; id `{}`.", peer.name, peer.of.channel, peer.peer)
}

/// Returns a stranger's name so that it cannot pass for anything but a name.
fn tame(name: &str) -> String {
    let shown = name.chars().filter(|c| !c.is_control() && *c != '`');
    let visible = shown.filter(
        |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'),
    );
    visible.take(MAX_NAME).collect::<String>().trim().to_owned()
}

/// Characters of a name that are shown.
const MAX_NAME: usize = 64;
