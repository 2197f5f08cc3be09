//! Permission requests of agents, shown where their run was asked for, with buttons for the one who asked; and to
//! the owners, each in their own direct conversation.

use channels::{Ability, Action, Button, Place};
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry};

use super::Bridge;
use super::courier::entry;
use super::journal::place_of;
use super::orders::{GONE, NOT_YOURS, Press, Reaction};
use super::turn::{actor, seq_of_run};
use super::workers::Lane;
use crate::store::accounts::AccountName;
use crate::store::peers::{self, PeerRow};
use crate::store::{Db, StoreError, outbox, tasks as rows};

/// A permission request that was shown in one place.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    /// The key of its row.
    key: String,
    org: std::sync::Arc<str>,
    lane: Lane,
    to: Place,
    /// The only one whose press counts there.
    presser: String,
    /// They are asked as an owner, not for themselves.
    owner: bool,
    text: String,
    /// What a press decided.
    decided: Option<&'static str>,
}

impl Bridge {
    /// Shows permission requests as they are opened and closed.
    pub(super) async fn watch_asks(self) {
        let mut changes = self.chat().approvals().changes();
        loop {
            changes.mark_unchanged();
            if let Err(error) = self.show_asks().await {
                tracing::error!(%error, "A permission request could not be shown on its platform");
            }
            tokio::select! {
                told = changes.changed() => {
                    if told.is_err() {
                        return std::future::pending().await;
                    }
                }
                () = self.0.asks.notified() => {}
            }
        }
    }

    async fn show_asks(&self) -> Result<(), StoreError> {
        let open: Vec<ApprovalEntry> =
            self.orgs().iter().flat_map(|org| self.chat().approvals().list(org)).collect();
        for ask in &open {
            let known = self.posted().contains_key(&ask.id);
            if known {
                continue;
            }
            let postings = self.postings_of(ask).await?;
            if !postings.is_empty() {
                self.posted().insert(ask.id.clone(), postings.clone());
            }
            for posted in postings {
                self.post_ask(&ask.id, &posted).await?;
            }
        }
        let closed: Vec<Vec<Posted>> = {
            let mut posted = self.posted();
            let still = |id: &String| open.iter().any(|ask| ask.id == *id);
            let gone: Vec<String> = posted.keys().filter(|id| !still(id)).cloned().collect();
            gone.into_iter().filter_map(|id| posted.remove(&id)).collect()
        };
        for posted in closed.iter().flatten() {
            self.close_ask(posted).await?;
        }
        Ok(())
    }

    /// Returns where a request belongs: in the conversation that its run answers, and with the account's owners.
    async fn postings_of(&self, ask: &ApprovalEntry) -> Result<Vec<Posted>, StoreError> {
        let seq = ask.request.run_id.as_deref().and_then(seq_of_run);
        let Some(turn) = seq.and_then(|seq| self.turns().get(&seq).cloned()) else { return Ok(Vec::new()) };
        let able = turn.live.traits().abilities.contains(Ability::Buttons);
        if !able || ask.request.session_key.as_deref() != Some(turn.key.as_str()) {
            return Ok(Vec::new());
        }
        let first = Posted {
            key: format!("ask:{}", ask.id),
            org: turn.live.org(),
            lane: turn.lane.clone(),
            to: turn.to.clone(),
            presser: turn.sender.clone(),
            owner: false,
            text: format!("The agent asks for permission to do this:\n\n{}", shown(ask)),
            decided: None,
        };
        let of = turn.live.of.clone();
        let owners = self.store().read(move |db| peers::of_account(db, &of, "owner")).await?;
        let others = owners.into_iter().filter(|owner| owner.peer != turn.sender);
        let copy = |owner: PeerRow| Posted {
            key: format!("ask:{}:{}", ask.id, owner.seq),
            lane: Lane { of: turn.lane.of.clone(), place: place_of(&owner.chat, None) },
            to: Place { chat: owner.chat, thread: None },
            presser: owner.peer,
            owner: true,
            text: format!(
                "For `{}`, the agent asks for permission to do this:\n\n{}",
                turn.sender,
                shown(ask)
            ),
            ..first.clone()
        };
        let copies: Vec<Posted> =
            others.filter(|owner| turn.live.account.access.is_owner(&owner.peer)).map(copy).collect();
        Ok([vec![first], copies].concat())
    }

    async fn post_ask(&self, id: &str, posted: &Posted) -> Result<(), StoreError> {
        let button = |label: &str, data: String| Button { label: label.into(), data };
        let buttons = vec![vec![button("Approve", format!("a:{id}:y")), button("Deny", format!("a:{id}:n"))]];
        let action = Action::Text { text: posted.text.clone(), reply_to: None, buttons, silent: false };
        let place = &posted.lane.place;
        let row = entry(&posted.key, place, posted.to.clone(), action, rows::GATEWAY, None);
        let (org, of, now) = (posted.org.clone(), posted.lane.of.clone(), self.now());
        self.store().write(move |db| outbox::push(db, &org, &of, &row, now).map(drop)).await?;
        self.wake_courier(&posted.lane);
        Ok(())
    }

    /// Takes the buttons away, or the message back if it was not sent yet.
    async fn close_ask(&self, posted: &Posted) -> Result<(), StoreError> {
        let (key, now) = (posted.key.clone(), self.now());
        let write = move |db: &Db| {
            let Some(row) = outbox::by_key(db, &key)? else { return Ok(None) };
            let taken_back = outbox::withdraw(db, row.seq, now)?;
            Ok((!taken_back).then_some(row.platform_id).flatten())
        };
        let Some(message) = self.store().write(write).await? else { return Ok(()) };
        let outcome = posted.decided.unwrap_or("This request is closed.");
        let text = format!("{}\n\n{outcome}", posted.text);
        self.retext(&posted.lane.of, &posted.org, posted.to.clone(), &message, &text).await
    }

    /// Gives a message of the bot another text and no buttons.
    pub(super) async fn retext(
        &self,
        of: &AccountName,
        org: &str,
        to: Place,
        message: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let place = place_of(&to.chat, to.thread.as_deref());
        let action = Action::Edit { message: message.to_owned(), text: text.to_owned(), buttons: Vec::new() };
        let key = format!("retext:{}:{}:{place}:{message}", of.channel, of.account);
        let row = entry(&key, &place, to, action, rows::GATEWAY, None);
        let (org, name, now) = (org.to_owned(), of.clone(), self.now());
        self.store().write(move |db| outbox::push(db, &org, &name, &row, now).map(drop)).await?;
        self.wake_courier(&Lane { of: of.clone(), place });
        Ok(())
    }

    /// Takes the answer to a permission request, from the one who is asked where it was shown.
    pub(super) async fn answer_ask(&self, press: &Press<'_>, rest: &str) -> Result<Reaction, StoreError> {
        let Some((id, answer)) = rest.rsplit_once(':') else { return Ok(GONE) };
        let Some(all) = self.posted().get(id).cloned() else { return Ok(GONE) };
        let (chat, sender) = (&press.inbound.chat, &press.inbound.sender);
        let here = |posted: &&Posted| {
            posted.to.chat == chat.id && posted.lane.of == press.live.of && posted.presser == sender.id
        };
        let still = |posted: &&Posted| !posted.owner || press.live.account.access.is_owner(&sender.id);
        let Some(posted) = all.iter().find(here).filter(still) else { return Ok(NOT_YOURS) };
        let (decision, text) = match answer {
            "y" => (ApprovalDecision::AllowOnce, "Approved."),
            "n" => (ApprovalDecision::Deny, "Denied."),
            _ => return Ok(GONE),
        };
        for posted in self.posted().get_mut(id).into_iter().flatten() {
            posted.decided = Some(text);
        }
        let by = actor(press.live, &sender.id);
        Ok(match self.chat().approvals().resolve(&posted.org, id, decision, by).await {
            Ok(()) => Reaction { text, refused: false },
            Err(_) => GONE,
        })
    }
}

/// Returns the command that is asked for, where nothing in it can pass for text of ours.
fn shown(ask: &ApprovalEntry) -> String {
    let command: String = ask.request.command.chars().take(MAX_COMMAND).collect();
    let longest = command.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{command}\n{fence}")
}

/// Characters of a command that are shown.
const MAX_COMMAND: usize = 1200;
