//! Strangers who write to the bot: a code for them, a question with two buttons for the owner.

use std::sync::Arc;

use channels::{Ability, Action, Button, Place};
use schemas::bounds::{CHANNEL_PAIRING_TTL, MAX_CHANNEL_PAIRINGS};

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
use crate::store::{Db, StoreError, tasks as rows};

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
                return Ok(Vec::new());
            };
            let mut told =
                vec![entry(&format!("knock:{}", peer.seq), &place, to, welcome(&peer), rows::GATEWAY, None)];
            for owner in peers::of_account(db, &of, "owner")? {
                told.push(question(&peer, &owner, buttons));
            }
            for row in &told {
                outbox::push(db, &org, &of, row, now)?;
            }
            Ok(told)
        };
        for row in self.store().write(write).await? {
            self.wake_courier(&Lane { of: live.of.clone(), place: row.lane });
        }
        Ok(())
    }

    /// Decides a pairing request by its code. Returns who asked; `None` if there is no such request any more.
    pub async fn decide_peer(
        &self,
        org: &str,
        channel: &str,
        code: &str,
        approve: bool,
        by: &str,
    ) -> Result<Option<PeerRow>, StoreError> {
        let (now, org, by) = (self.now(), org.to_owned(), by.to_owned());
        let (platform, code) = (channel.to_owned(), code.to_owned());
        let write = move |db: &Db| {
            let Some(peer) = peers::decide(db, &org, &platform, &code, approve, &by, now)? else {
                return Ok((None, Vec::new()));
            };
            let mut told = Vec::new();
            if approve {
                let text = "You can talk to me now: what you write here is answered by an agent.";
                let to = Place { chat: peer.chat.clone(), thread: None };
                told.push(entry(
                    &format!("paired:{}", peer.seq),
                    &peer.chat,
                    to,
                    plain(text.into()),
                    &by,
                    None,
                ));
            }
            let outcome = if approve { "Approved." } else { "Denied." };
            for owner in peers::of_account(db, &peer.of, "owner")? {
                told.extend(answered(db, &peer, &owner, outcome)?);
            }
            for row in &told {
                outbox::push(db, &org, &peer.of, row, now)?;
            }
            Ok((Some(peer), told))
        };
        let (peer, told) = self.store().write(write).await?;
        let Some(peer) = peer else { return Ok(None) };
        if approve && let Some(live) = self.live(&peer.of) {
            live.set_approved(&peer.peer, true);
        }
        for row in told {
            self.wake_courier(&Lane { of: peer.of.clone(), place: row.lane });
        }
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
    pub async fn remove_peer(&self, of: &AccountName, peer: &str) -> Result<bool, StoreError> {
        let (name, who) = (of.clone(), peer.to_owned());
        let removed = self.store().write(move |db| peers::remove(db, &name, &who)).await?;
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
        let decided = self.decide_peer(&org, &press.live.of.channel, code, approve, &by).await?;
        if decided.is_none() {
            self.unbutton(press, "This request was answered before, or has lapsed.").await?;
            return Ok(GONE);
        }
        Ok(Reaction { text: if approve { "Approved." } else { "Denied." }, refused: false })
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
