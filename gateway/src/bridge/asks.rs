//! Permission requests of agents, shown where their run was asked for, with buttons for the one who asked.

use channels::{Ability, Action, Button, Place};
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry};

use super::Bridge;
use super::courier::entry;
use super::journal::place_of;
use super::orders::{GONE, NOT_YOURS, Press, Reaction};
use super::turn::{actor, seq_of_run};
use super::workers::Lane;
use crate::store::accounts::AccountName;
use crate::store::{Db, StoreError, outbox, tasks as rows};

/// A permission request that was shown.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    org: std::sync::Arc<str>,
    lane: Lane,
    to: Place,
    /// The only one whose press counts.
    asker: String,
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
            if !known && let Some(posted) = self.posting_of(ask) {
                self.posted().insert(ask.id.clone(), posted.clone());
                self.post_ask(&ask.id, &posted).await?;
            }
        }
        let closed: Vec<(String, Posted)> = {
            let mut posted = self.posted();
            let still = |id: &String| open.iter().any(|ask| ask.id == *id);
            let gone: Vec<String> = posted.keys().filter(|id| !still(id)).cloned().collect();
            gone.into_iter().filter_map(|id| posted.remove_entry(&id)).collect()
        };
        for (id, posted) in closed {
            self.close_ask(&id, &posted).await?;
        }
        Ok(())
    }

    /// Returns where a request belongs: the conversation that its run answers.
    fn posting_of(&self, ask: &ApprovalEntry) -> Option<Posted> {
        let turn = self.turns().get(&seq_of_run(&ask.request.run_id)?).cloned()?;
        let able = turn.live.traits().abilities.contains(Ability::Buttons);
        (able && turn.key.as_str() == ask.request.session_key).then(|| Posted {
            org: turn.live.org(),
            lane: turn.lane.clone(),
            to: turn.to.clone(),
            asker: turn.sender.clone(),
            text: describe(ask),
            decided: None,
        })
    }

    async fn post_ask(&self, id: &str, posted: &Posted) -> Result<(), StoreError> {
        let button = |label: &str, data: String| Button { label: label.into(), data };
        let buttons = vec![vec![button("Approve", format!("a:{id}:y")), button("Deny", format!("a:{id}:n"))]];
        let action = Action::Text { text: posted.text.clone(), reply_to: None, buttons, silent: false };
        let place = &posted.lane.place;
        let row = entry(&ask_key(id), place, posted.to.clone(), action, rows::GATEWAY, None);
        let (org, of, now) = (posted.org.clone(), posted.lane.of.clone(), self.now());
        self.store().write(move |db| outbox::push(db, &org, &of, &row, now).map(drop)).await?;
        self.wake_courier(&posted.lane);
        Ok(())
    }

    /// Takes the buttons away, or the message back if it was not sent yet.
    async fn close_ask(&self, id: &str, posted: &Posted) -> Result<(), StoreError> {
        let (key, now) = (ask_key(id), self.now());
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

    /// Takes the answer to a permission request, from the one who asked for the run, where it was shown.
    pub(super) async fn answer_ask(&self, press: &Press<'_>, rest: &str) -> Result<Reaction, StoreError> {
        let Some((id, answer)) = rest.rsplit_once(':') else { return Ok(GONE) };
        let posted = self.posted().get(id).cloned();
        let Some(posted) = posted else { return Ok(GONE) };
        let chat = &press.inbound.chat;
        let same_chat = posted.to.chat == chat.id && posted.lane.of == press.live.of;
        if !same_chat || posted.asker != press.inbound.sender.id {
            return Ok(NOT_YOURS);
        }
        let (decision, text) = match answer {
            "y" => (ApprovalDecision::AllowOnce, "Approved."),
            "n" => (ApprovalDecision::Deny, "Denied."),
            _ => return Ok(GONE),
        };
        if let Some(posted) = self.posted().get_mut(id) {
            posted.decided = Some(text);
        }
        let by = actor(press.live, &press.inbound.sender.id);
        Ok(match self.chat().approvals().resolve(&posted.org, id, decision, by) {
            Ok(()) => Reaction { text, refused: false },
            Err(_) => GONE,
        })
    }
}

fn ask_key(id: &str) -> String {
    format!("ask:{id}")
}

/// Returns what is asked, with the command where nothing in it can pass for text of ours.
fn describe(ask: &ApprovalEntry) -> String {
    let command: String = ask.request.command.chars().take(MAX_COMMAND).collect();
    let longest = command.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("The agent asks for permission to do this:\n\n{fence}\n{command}\n{fence}")
}

/// Characters of a command that are shown.
const MAX_COMMAND: usize = 1200;
