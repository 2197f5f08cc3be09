//! What overtakes messages that wait: commands and pressed buttons, in order within their conversation.

use std::sync::Arc;

use channels::{Action, Event, Inbound, Outbound};
use schemas::bounds::MAX_LANE_ROWS;

use super::Bridge;
use super::access::Verdict;
use super::account::Live;
use super::courier::wire_key;
use super::journal::words_of;
use super::parcel::{self, Parcel};
use super::turn::Taken;
use super::workers::Lane;
use crate::chat::commands::Command;
use crate::store::inbound::{self, InboundRow};
use crate::store::{Db, StoreError};

/// A pressed button.
#[derive(Debug)]
pub(super) struct Press<'a> {
    pub(super) live: &'a Arc<Live>,
    pub(super) inbound: &'a Inbound,
    pub(super) seq: i64,
    /// The message that carries it.
    pub(super) message: &'a str,
}

/// What a person who pressed a button is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) text: &'static str,
    /// Whether nothing came of it.
    pub(super) refused: bool,
}

impl Bridge {
    pub(super) async fn orders(&self, lane: &Lane) -> Result<(), StoreError> {
        while let Some(live) = self.live(&lane.of) {
            let (of, place) = (lane.of.clone(), lane.place.clone());
            let read = move |db: &Db| inbound::fresh(db, &of, &place, true, MAX_LANE_ROWS);
            let rows = self.store().read(read).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                self.order(&live, lane, row).await?;
            }
        }
        Ok(())
    }

    async fn order(&self, live: &Arc<Live>, lane: &Lane, row: InboundRow) -> Result<(), StoreError> {
        let Ok(inbound) = serde_json::from_str::<Inbound>(&row.body) else {
            return self.settle(row.seq, "dropped", "it cannot be read").await;
        };
        if let Event::Pressed { message, data, token } = &inbound.event {
            let press = Press { live, inbound: &inbound, seq: row.seq, message };
            return self.pressed(&press, data, token).await;
        }
        let Some((inbound, message, token)) = parcel::read(&row) else {
            return self.settle(row.seq, "dropped", "it cannot be read").await;
        };
        let mut parcel = Parcel { row, inbound, message, members: Vec::new(), token };
        let bot = live.health().bot.clone();
        parcel.message.text = words_of(&parcel.message.text, bot.as_ref());
        parcel.inbound.event = Event::Message(parcel.message.clone());
        self.command(live, lane, parcel).await
    }

    async fn command(&self, live: &Arc<Live>, lane: &Lane, parcel: Parcel) -> Result<(), StoreError> {
        let seq = parcel.row.seq;
        match self.verdict(live, &parcel).await? {
            Verdict::Hear => {}
            Verdict::Context => return self.settle(seq, "noted", "not for this bot").await,
            Verdict::Ignore => return self.settle(seq, "dropped", "not for an agent").await,
            Verdict::Pair => {
                self.knock(live, lane, &parcel).await?;
                return self.settle(seq, "dropped", "not for an agent").await;
            }
        }
        let text = parcel.message.text.clone();
        let command = Command::parse(&text);
        if let Some(Command::Activation(word)) = command {
            return self.activate(live, lane, &parcel, word.as_deref()).await;
        }
        if matches!(command, Some(Command::Stop | Command::New)) {
            let (of, place, now) = (lane.of.clone(), lane.place.clone(), self.now());
            self.store().write(move |db| inbound::drop_waiting(db, &of, &place, seq, now)).await?;
        }
        // Commands always find room.
        match self.submit(live, lane, &parcel, text, Vec::new()).await? {
            Taken::Settled => Ok(()),
            Taken::NoRoom => self.settle(seq, "failed", "no room").await,
        }
    }

    async fn pressed(&self, press: &Press<'_>, data: &str, token: &str) -> Result<(), StoreError> {
        let reaction = match data.split_once(':') {
            Some(("a", rest)) => self.answer_ask(press, rest).await?,
            Some(("p", rest)) => self.answer_knock(press, rest).await?,
            Some(("u", rest)) => self.answer_unknown(press, rest).await?,
            _ => GONE,
        };
        self.settle(press.seq, "answered", reaction.text).await?;
        let chat = &press.inbound.chat;
        let outbound = Outbound {
            to: channels::Place {
                chat: chat.id.clone(),
                thread: chat.thread.as_ref().map(|thread| thread.id.clone()),
            },
            key: wire_key(&format!("press:{}", press.seq)),
            answering: None,
            action: Action::Answer {
                token: token.to_owned(),
                text: reaction.text.to_owned(),
                alert: reaction.refused,
            },
        };
        // The press has had its effect; that the platform hears of it is a courtesy.
        if let Err(error) = self.perform(press.live, outbound, self.pace().attempt).await {
            tracing::debug!(%error, "A pressed button was not confirmed");
        }
        Ok(())
    }

    /// Sends a message of unknown fate again, for the person it was meant for.
    async fn answer_unknown(&self, press: &Press<'_>, rest: &str) -> Result<Reaction, StoreError> {
        let Ok(seq) = rest.parse::<i64>() else { return Ok(GONE) };
        let lane = self.store().read(move |db| crate::store::outbox::get(db, seq)).await?;
        let Some(row) = lane.filter(|row| row.of == press.live.of) else { return Ok(GONE) };
        let direct = press.inbound.chat.kind == channels::ChatKind::Direct;
        let cause = row.cause;
        let asker = match cause {
            Some(cause) => self.store().read(move |db| inbound::get(db, cause)).await?,
            None => None,
        };
        if !direct && asker.is_none_or(|asker| asker.sender != press.inbound.sender.id) {
            return Ok(NOT_YOURS);
        }
        let here = row.lane
            == super::journal::place_of(
                &press.inbound.chat.id,
                press.inbound.chat.thread.as_ref().map(|thread| &*thread.id),
            );
        let again = here && self.resend(&row.org, seq).await?.is_some();
        self.unbutton(press, if again { "It is sent again." } else { GONE.text }).await?;
        Ok(if again { Reaction { text: "It is sent again.", refused: false } } else { GONE })
    }

    /// Takes the buttons away from the message that was pressed.
    pub(super) async fn unbutton(&self, press: &Press<'_>, text: &str) -> Result<(), StoreError> {
        let chat = &press.inbound.chat;
        let thread = chat.thread.as_ref().map(|thread| thread.id.clone());
        let to = channels::Place { chat: chat.id.clone(), thread };
        self.retext(&press.live.of, &press.live.org(), to, press.message, text).await
    }
}

/// A button without an effect any more.
pub(super) const GONE: Reaction = Reaction { text: "This button has no effect any more.", refused: true };
/// A button for somebody else.
pub(super) const NOT_YOURS: Reaction =
    Reaction { text: "This button is for the person who was asked.", refused: true };
