//! What others have done on a platform: methods, the command line, agents.

use std::time::Duration;

use channels::{Ability, Action, Outbound, Place, Receipt, SendError};

use super::Bridge;
use super::answer::{self, Shape};
use super::courier::{entry, json, repeatable, wire_key};
use super::further::Further;
use super::journal::place_of;
use super::workers::Lane;
use crate::store::accounts::AccountName;
use crate::store::outbox::{self, NewOutbox, OutboxRow};
use crate::store::{Db, StoreError};

/// What became of something that was to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// It was done; of several messages this is the first one's receipt.
    Sent(Receipt),
    /// It is stored and will be done; the row's number.
    Queued(i64),
    /// It may have been done; the row's number and why nobody knows.
    Unknown(i64, String),
    /// It cannot be done: why.
    Failed(i64, String),
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// There is no such account, or it is stopped.
    #[error(
        "there is no account {account} on {channel} that is started; channels.status names those there are"
    )]
    NoAccount {
        /// The platform.
        channel: String,
        /// The account.
        account: String,
    },
    /// The platform has no such thing.
    #[error("{0} cannot do this ({1})")]
    Unsupported(String, Ability),
    /// There is nothing to send.
    #[error("the message is empty")]
    Empty,
    /// The platform said no, or nobody knows what it did.
    #[error(transparent)]
    Platform(#[from] SendError),
    /// It could not be stored.
    #[error("the message could not be stored; the gateway's log has the cause")]
    Store(#[from] StoreError),
}

impl Bridge {
    /// Stores something that is to be done and waits up to `wait` for what becomes of it. The same `key` of the
    /// same account is done once.
    pub async fn send(
        &self,
        of: &AccountName,
        to: Place,
        action: Action,
        key: &str,
        actor: &str,
        wait: Duration,
    ) -> Result<Delivery, SendFault> {
        let rows = self.rows_of(of, &to, action, key, actor)?;
        let live = self.live(of).ok_or_else(|| no_account(of))?;
        let lane = Lane { of: of.clone(), place: place_of(&to.chat, to.thread.as_deref()) };
        let (org, name, now) = (live.org(), of.clone(), self.now());
        let mut changed = self.0.changed.subscribe();
        let write = move |db: &Db| {
            let mut first = None;
            for row in &rows {
                let (seq, _) = outbox::push(db, &org, &name, row, now)?;
                first.get_or_insert(seq);
            }
            Ok(first)
        };
        let Some(seq) = self.store().write(write).await? else { return Err(SendFault::Empty) };
        self.wake_courier(&lane);
        let settled = async {
            loop {
                changed.mark_unchanged();
                if let Some(delivery) = self.delivery(seq).await? {
                    return Ok(delivery);
                }
                if changed.changed().await.is_err() {
                    return Ok(Delivery::Queued(seq));
                }
            }
        };
        tokio::time::timeout(wait, settled).await.unwrap_or(Ok(Delivery::Queued(seq)))
    }

    fn rows_of(
        &self,
        of: &AccountName,
        to: &Place,
        action: Action,
        key: &str,
        actor: &str,
    ) -> Result<Vec<NewOutbox>, SendFault> {
        let live = self.live(of).ok_or_else(|| no_account(of))?;
        let traits = live.traits();
        if let Some(need) = action.needs().filter(|need| !traits.abilities.contains(*need)) {
            return Err(SendFault::Unsupported(of.channel.clone(), need));
        }
        let place = place_of(&to.chat, to.thread.as_deref());
        let name = |part: usize| format!("send:{}:{}:{key}:{part}", of.channel, of.account);
        let Action::Text { text, reply_to, buttons, silent } = action else {
            return Ok(vec![entry(&name(0), &place, to.clone(), action, actor, None)]);
        };
        let mut traits = traits;
        if !buttons.is_empty() {
            // Buttons stand under words, never under cards.
            traits.abilities -= Ability::Cards;
        }
        let shape = Shape { reply_to, silent, ..Shape::default() };
        let parts = answer::messages(&text, &shape, &traits);
        let last = parts.len().saturating_sub(1);
        let row = |(part, mut message): (usize, answer::Message)| {
            if let Action::Text { buttons: under, .. } = &mut message.action
                && part == last
            {
                under.clone_from(&buttons);
            }
            let row = entry(&name(part), &place, to.clone(), message.action, actor, None);
            NewOutbox { instead: Further::instead(message.instead), ..row }
        };
        Ok(parts.into_iter().enumerate().map(row).collect())
    }

    async fn delivery(&self, seq: i64) -> Result<Option<Delivery>, SendFault> {
        let Some(row) = self.store().read(move |db| outbox::get(db, seq)).await? else { return Ok(None) };
        let why = row.error.unwrap_or_default();
        let receipt = row.receipt.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        Ok(match &*row.state {
            "sent" => Some(Delivery::Sent(receipt)),
            "unknown" => Some(Delivery::Unknown(seq, why)),
            "failed" => Some(Delivery::Failed(seq, why)),
            _ => None,
        })
    }

    /// Does something at once that leaves nothing behind, such as reading; it is not repeated.
    pub async fn perform_now(
        &self,
        of: &AccountName,
        to: Place,
        action: Action,
    ) -> Result<Receipt, SendFault> {
        let live = self.live(of).ok_or_else(|| no_account(of))?;
        if let Some(need) = action.needs().filter(|need| !live.traits().abilities.contains(*need)) {
            return Err(SendFault::Unsupported(of.channel.clone(), need));
        }
        let key = wire_key(&uuid::Uuid::new_v4().to_string());
        let outbound = Outbound { to, key, answering: None, action };
        Ok(self.perform(&live, outbound, self.pace().attempt).await?)
    }

    /// Returns an organisation's rows that failed, or of which nobody knows whether they arrived; latest first.
    pub async fn troubled(
        &self,
        org: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let org = org.to_owned();
        let read = move |db: &Db| outbox::list(db, &org, &["unknown", "failed"], before, limit);
        self.store().read(read).await
    }

    /// Gives a row up that waits, failed, or whose fate is unknown; false if there is none of this number.
    pub async fn give_up(&self, org: &str, seq: i64) -> Result<bool, StoreError> {
        let (org, now) = (org.to_owned(), self.now());
        let write = move |db: &Db| outbox::give_up(db, &org, seq, now);
        let done = self.store().write(write).await?;
        self.outbox_changed();
        Ok(done)
    }

    /// Sends a row of unknown fate, or one that was given up, again; once. Returns the new row's number; `None` if
    /// there is nothing to send again.
    pub async fn resend(&self, org: &str, seq: i64) -> Result<Option<i64>, StoreError> {
        let (org, now) = (org.to_owned(), self.now());
        let write = move |db: &Db| {
            let row = outbox::get(db, seq)?.filter(|row| row.org == org);
            let Some(row) = row.filter(|_| outbox::resent(db, seq, now).unwrap_or(false)) else {
                return Ok(None);
            };
            let Ok(outbound) = serde_json::from_str::<Outbound>(&row.body) else { return Ok(None) };
            let key = format!("again:{seq}");
            let new = NewOutbox {
                lane: row.lane.clone(),
                cause: row.cause,
                actor: row.actor.clone(),
                body: json(&Outbound { key: wire_key(&key), ..outbound.clone() }),
                instead: row.instead.clone(),
                repeatable: repeatable(&outbound.action),
                key,
            };
            let (made, _) = outbox::push(db, &org, &row.of, &new, now)?;
            Ok(Some((made, Lane { of: row.of, place: row.lane })))
        };
        let made = self.store().write(write).await?;
        Ok(made.map(|(seq, lane)| {
            self.wake_courier(&lane);
            seq
        }))
    }
}

fn no_account(of: &AccountName) -> SendFault {
    SendFault::NoAccount { channel: of.channel.clone(), account: of.account.clone() }
}
