//! Takes what is to be done to the platforms: in order within a conversation, marked before each attempt, and
//! never twice when nobody knows whether it was done.

use std::sync::Arc;
use std::time::Duration;

use channels::{Ability, Action, Button, Failure, Outbound, Place, Receipt, Retry, SendError};
use schemas::clock::Millis;
use sha2::{Digest as _, Sha256};

use super::Bridge;
use super::account::Live;
use super::further;
use super::workers::{Lane, Shift};
use crate::store::outbox::{self, Deferral, NewOutbox, OutboxRow};
use crate::store::{Db, StoreError};
use crate::supervise::Job;

impl Bridge {
    /// Has what waits in a conversation taken to its platform.
    pub(super) fn wake_courier(&self, lane: &Lane) {
        if let Some(shift) = self.couriers().wake(lane) {
            let (bridge, lane) = (self.clone(), lane.clone());
            self.jobs().spawn(Job::Bridge, async move { bridge.courier(lane, shift).await });
        }
    }

    async fn courier(self, lane: Lane, mut shift: Shift) {
        loop {
            let delivered = self.deliver(&lane).await;
            if self.stopping() || matches!(delivered, Err(StoreError::Closed)) {
                return;
            }
            if let Err(error) = delivered {
                tracing::error!(%error, "A message to a chat platform could not be stored; it is tried again");
                tokio::time::sleep(STORE_PAUSE).await;
                continue;
            }
            let Some(overflow) = shift.end() else { continue };
            if overflow {
                self.due().notify_one();
            }
            return;
        }
    }

    async fn deliver(&self, lane: &Lane) -> Result<(), StoreError> {
        while let Some(live) = self.live(&lane.of).filter(|_| !self.stopping()) {
            let (of, place) = (lane.of.clone(), lane.place.clone());
            let Some(row) = self.store().read(move |db| outbox::head(db, &of, &place)).await? else { break };
            if row.state == "started" {
                // Its receipt could not be stored: the same doubt as after a crash.
                self.doubt(&live, row).await?;
                continue;
            }
            let Ok(outbound) = serde_json::from_str::<Outbound>(&row.body) else {
                self.close(&live, &row, "failed", "It cannot be read.").await?;
                continue;
            };
            if !self.until_stopped(self.may_go(&live, &row, &outbound.to.chat)).await? {
                break;
            }
            // What is on its way when the gateway stops gets a moment to arrive: cut off, it would be in doubt.
            tokio::select! {
                done = self.attempt(&live, row, outbound) => done?,
                () = self.overdue() => break,
            }
        }
        Ok(())
    }

    /// Waits until the gateway has been stopping for as long as a message on its way may hold it up.
    async fn overdue(&self) {
        self.jobs().stopping().cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    }

    /// Waits a little for a row's time and for room in the budget; a longer wait is left to the sweep.
    async fn may_go(&self, live: &Live, row: &OutboxRow, chat: &str) -> Result<bool, StoreError> {
        let early = row.next_at - self.now();
        let mut wait = Duration::from_millis(early.max(0).unsigned_abs());
        loop {
            if wait.is_zero() {
                match live.budget.take(chat, 0) {
                    Ok(()) => return Ok(true),
                    Err(more) => wait = more,
                }
            }
            if wait > SHORT {
                let next_at = self.now() + millis(wait);
                let (away, started_at) = (row.away, row.started_at);
                self.defer(row, Deferral { next_at, error: None, away, started_at }).await?;
                return Ok(false);
            }
            tokio::time::sleep(wait).await;
            wait = Duration::ZERO;
        }
    }

    async fn attempt(&self, live: &Arc<Live>, row: OutboxRow, outbound: Outbound) -> Result<(), StoreError> {
        let (seq, now) = (row.seq, self.now());
        match self.store().write(move |db| outbox::start(db, seq, now)).await {
            // Withdrawn meanwhile.
            Err(StoreError::Conflict) => return Ok(()),
            other => other?,
        }
        let done = self.perform(live, outbound.clone(), self.pace().attempt).await;
        let row = OutboxRow { attempts: row.attempts + 1, ..row };
        match done {
            Ok(receipt) => self.delivered(live, &row, &outbound, receipt).await,
            Err(error) => self.undelivered(live, row, &outbound, error).await,
        }
    }

    /// Does one thing on a platform once; an attempt that takes too long may have been done.
    pub(super) async fn perform(
        &self,
        live: &Live,
        outbound: Outbound,
        limit: Duration,
    ) -> Result<Receipt, SendError> {
        let chat = outbound.to.chat.clone();
        let sending = live.account.channel.send(outbound);
        let done = tokio::time::timeout(limit, sending).await.unwrap_or_else(|_| {
            let text = "The platform gave no answer in time.".into();
            Err(SendError { failure: Failure::Unknown, retry: Retry::Never, text })
        });
        match &done {
            Ok(_) => live.health().outbound_at = Some(self.now()),
            Err(error) => {
                if let (Failure::Limited, Retry::After(time)) = (error.failure, error.retry) {
                    live.budget.hold(&chat, Duration::from_millis(time));
                }
            }
        }
        done
    }

    async fn delivered(
        &self,
        live: &Live,
        row: &OutboxRow,
        outbound: &Outbound,
        receipt: Receipt,
    ) -> Result<(), StoreError> {
        if let Some(note) = &receipt.note {
            tracing::info!(channel = live.of.channel, account = live.of.account, %note, "Sent otherwise than asked");
        }
        let (seq, now) = (row.seq, self.now());
        if let Some(next) = further::next_part(row, outbound) {
            return self.store().write(move |db| outbox::go_on(db, &next, now)).await;
        }
        let json = serde_json::to_string(&receipt).unwrap_or_default();
        let write = move |db: &Db| outbox::sent(db, seq, receipt.message.as_deref(), &json, now);
        self.store().write(write).await?;
        self.outbox_changed();
        Ok(())
    }

    async fn undelivered(
        &self,
        live: &Arc<Live>,
        row: OutboxRow,
        outbound: &Outbound,
        error: SendError,
    ) -> Result<(), StoreError> {
        let (now, pace) = (self.now(), self.pace());
        live.trouble(&error.text, now);
        let named = match error.retry {
            Retry::After(time) => Some(Duration::from_millis(time)),
            Retry::Later | Retry::Never => None,
        };
        let expired = now - row.stored_at > millis(pace.give_up);
        let hopeless = error.retry == Retry::Never || expired;
        let wait = named.unwrap_or_else(|| pace.retry(row.attempts));
        let next_at = now + millis(wait);
        let text = Some(error.text.clone());
        match error.failure {
            Failure::Unknown => {
                let row = OutboxRow { started_at: row.started_at.or(Some(now)), ..row };
                self.doubt(live, row).await
            }
            Failure::Limited if !expired => {
                live.budget.hold(&outbound.to.chat, wait);
                let started_at = row.started_at;
                self.defer(&row, Deferral { next_at, error: text, away: false, started_at }).await
            }
            Failure::Away if !hopeless => {
                let (away, started_at) = (true, row.started_at);
                self.defer(&row, Deferral { next_at, error: text, away, started_at }).await
            }
            _ => self.refused(live, row, outbound, &error.text).await,
        }
    }

    /// The platform will not do it: the other way, if there is one.
    async fn refused(
        &self,
        live: &Live,
        row: OutboxRow,
        outbound: &Outbound,
        why: &str,
    ) -> Result<(), StoreError> {
        let Some(next) = further::other_way(&row, outbound) else {
            return self.close(live, &row, "failed", why).await;
        };
        let now = self.now();
        tracing::info!(
            channel = live.of.channel,
            account = live.of.account,
            seq = row.seq,
            why,
            "Sent another way"
        );
        self.store().write(move |db| outbox::go_on(db, &next, now)).await
    }

    /// Decides about a row that may have been done: repeated where that does no harm, else shown as unknown.
    pub(super) async fn doubt(&self, live: &Arc<Live>, row: OutboxRow) -> Result<(), StoreError> {
        let (now, traits) = (self.now(), live.traits());
        let since = now - row.started_at.unwrap_or(now);
        let once = traits.abilities.contains(Ability::SendOnce) && since < millis(self.pace().send_once);
        let young = now - row.stored_at <= millis(self.pace().give_up);
        if (row.repeatable || once) && young {
            let next_at = now + millis(self.pace().retry(row.attempts));
            let started_at = row.started_at;
            let error = Some(UNKNOWN.to_owned());
            return self.defer(&row, Deferral { next_at, error, away: false, started_at }).await;
        }
        let notice = Self::notice(&row).filter(|_| traits.abilities.contains(Ability::Buttons));
        let more: Vec<NewOutbox> = notice.into_iter().chain(further::left_over(&row)).collect();
        let (seq, org, of) = (row.seq, row.org.clone(), row.of.clone());
        self.store()
            .write(move |db| {
                outbox::close(db, seq, "unknown", UNKNOWN, now)?;
                more.iter().try_for_each(|new| outbox::push(db, &org, &of, new, now).map(drop))
            })
            .await?;
        tracing::warn!(
            channel = live.of.channel,
            account = live.of.account,
            seq,
            "A message may not have arrived"
        );
        self.outbox_changed();
        Ok(())
    }

    /// Returns the line that tells people that something may be missing, with a button to have it sent again.
    fn notice(row: &OutboxRow) -> Option<NewOutbox> {
        let outbound: Outbound = serde_json::from_str(&row.body).ok()?;
        let shown = matches!(
            outbound.action,
            Action::Text { .. } | Action::Cards { .. } | Action::Media { .. } | Action::Poll(_)
        );
        if !shown || row.key.starts_with(NOTICE) {
            return None;
        }
        let button = Button { label: "Send it again".into(), data: format!("u:{}", row.seq) };
        let action = Action::Text {
            text: "The connection broke while I was sending a message here, so I do not know whether it arrived.".into(),
            reply_to: None,
            buttons: vec![vec![button]],
            silent: true,
        };
        Some(entry(&format!("{NOTICE}{}", row.seq), &row.lane, outbound.to, action, &row.actor, row.cause))
    }

    pub(super) async fn close(
        &self,
        live: &Live,
        row: &OutboxRow,
        state: &'static str,
        why: &str,
    ) -> Result<(), StoreError> {
        tracing::warn!(
            channel = live.of.channel,
            account = live.of.account,
            seq = row.seq,
            why,
            "A message was given up"
        );
        let (seq, now, why) = (row.seq, self.now(), why.to_owned());
        let (left, org, of) = (further::left_over(row), row.org.clone(), row.of.clone());
        self.store()
            .write(move |db| {
                outbox::close(db, seq, state, &why, now)?;
                left.map_or(Ok(()), |left| outbox::push(db, &org, &of, &left, now).map(drop))
            })
            .await?;
        self.outbox_changed();
        Ok(())
    }

    async fn defer(&self, row: &OutboxRow, wait: Deferral) -> Result<(), StoreError> {
        let (row, now) = (row.clone(), self.now());
        self.store().write(move |db| outbox::defer(db, &row, &wait, now)).await?;
        self.due().notify_one();
        Ok(())
    }
}

/// Makes an outbox row. `key` names the cause.
pub(super) fn entry(
    key: &str,
    lane: &str,
    to: Place,
    action: Action,
    actor: &str,
    cause: Option<i64>,
) -> NewOutbox {
    let repeatable = repeatable(&action);
    let outbound = Outbound { to, key: wire_key(key), answering: None, action };
    NewOutbox {
        lane: lane.to_owned(),
        key: key.to_owned(),
        cause,
        actor: actor.to_owned(),
        body: json(&outbound),
        instead: None,
        repeatable,
    }
}

/// Says whether doing it twice is the same as doing it once.
pub(super) fn repeatable(action: &Action) -> bool {
    match action {
        Action::Edit { .. }
        | Action::Cards { message: Some(_), .. }
        | Action::Delete { .. }
        | Action::React { .. }
        | Action::Typing
        | Action::Pin { .. }
        | Action::Read { .. }
        | Action::Answer { .. }
        | Action::Fetch { .. }
        | Action::Menu { .. } => true,
        Action::Text { .. }
        | Action::Cards { message: None, .. }
        | Action::Media { .. }
        | Action::Poll(_)
        | Action::Thread { .. } => false,
    }
}

/// Returns the key that a platform is given for a cause.
pub(super) fn wire_key(cause: &str) -> String {
    hex::encode(&Sha256::digest(cause.as_bytes())[..12])
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Returns a duration in the clock's unit.
pub(super) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// The keys of lines that say that something may be missing.
const NOTICE: &str = "unknown:";
const UNKNOWN: &str = "The connection broke after it was sent; it may have arrived.";
/// Waits up to this are waited for in place.
const SHORT: Duration = Duration::from_secs(2);
/// How long a message on its way may hold up the gateway's end.
const LAST_WORDS: Duration = Duration::from_secs(3);
const STORE_PAUSE: Duration = Duration::from_secs(1);
