//! `/activation`: whether a conversation of several people is answered always, or when the bot is named.

use std::sync::Arc;

use channels::{Action, Chat, ChatKind, Inbound};

use super::Bridge;
use super::account::Live;
use super::courier::entry;
use super::journal::place_of;
use super::parcel::Parcel;
use super::turn::{actor, with_token};
use super::workers::Lane;
use crate::store::{Db, StoreError, accounts, inbound, outbox, tasks as rows};

impl Bridge {
    /// Returns what the conversation of something was told; its chat has its first id.
    pub(super) async fn activation(
        &self,
        live: &Live,
        inbound: &Inbound,
    ) -> Result<Option<bool>, StoreError> {
        if inbound.chat.kind == ChatKind::Direct {
            return Ok(None);
        }
        let (of, place) = (live.of.clone(), place(&inbound.chat));
        self.store().read(move |db| accounts::activation(db, &of, &place)).await
    }

    /// Takes the command of somebody who was let in, and confirms it.
    pub(super) async fn activate(
        &self,
        live: &Arc<Live>,
        lane: &Lane,
        parcel: &Parcel,
        word: Option<&str>,
    ) -> Result<(), StoreError> {
        let at_origin = self.at_origin(live, parcel).await?;
        let several = at_origin.chat.kind != ChatKind::Direct;
        let chosen = word.and_then(choice).filter(|_| several);
        let before = self.activation(live, &at_origin).await?;
        let text = match chosen {
            Some(true) => "From now on I answer everything that is said here.".to_owned(),
            Some(false) => "From now on I answer here when I am named.".to_owned(),
            None if !several => "Here I answer everything; `/activation` is for groups.".to_owned(),
            None => shown(live.account.access.answers_all(before)),
        };
        let (seq, now, of, org) = (parcel.row.seq, self.now(), live.of.clone(), live.org());
        let by = actor(live, &parcel.inbound.sender.id);
        let reply_to = Some(parcel.message.id.clone()).filter(|id| several && !id.is_empty());
        let action = Action::Text { text, reply_to, buttons: Vec::new(), silent: false };
        let key = format!("activation:{seq}");
        let mut row = entry(&key, &lane.place, parcel.to(), action, rows::GATEWAY, Some(seq));
        if let Some(token) = &parcel.token {
            row.body = with_token(&row.body, token.clone());
        }
        let place = place(&at_origin.chat);
        let write = move |db: &Db| {
            if !inbound::settle(db, seq, "answered", None, now)? {
                return Ok(());
            }
            if let Some(always) = chosen {
                accounts::set_activation(db, &of, &place, always, &by, now)?;
            }
            outbox::push(db, &org, &of, &row, now).map(drop)
        };
        self.store().write(write).await?;
        self.wake_courier(lane);
        Ok(())
    }
}

fn choice(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "always" => Some(true),
        "mention" => Some(false),
        _ => None,
    }
}

fn shown(all: bool) -> String {
    let now = if all { "everything that is said" } else { "when I am named" };
    format!("I answer {now} here. Change it with `/activation always` or `/activation mention`.")
}

fn place(chat: &Chat) -> String {
    place_of(&chat.id, chat.thread.as_ref().map(|thread| &*thread.id))
}
