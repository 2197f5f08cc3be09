//! A run as the person sees it while it is alive: that somebody is writing, and what is written so far.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use channels::{Ability, Action, Failure, Outbound, text};
use schemas::clock::Millis;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Bridge;
use super::courier::{millis, wire_key};
use super::turn::{Turn, plain};
use crate::config::channels::Streaming;
use crate::store::inbound;

/// The one message that shows an answer while it is written.
#[derive(Debug)]
pub(super) struct Draft(Mutex<State>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    None,
    /// It was sent at that time with that text, if it is known, and nobody knows whether it arrived.
    Doubt(Millis, Option<String>),
    /// This one.
    Shown(String),
    /// It is gone, or cannot be changed.
    Over,
}

impl Draft {
    /// Reads what is stored of it, since `at`.
    pub(super) fn new(stored: Option<&str>, at: Millis) -> Self {
        Self(Mutex::new(match stored {
            None => State::None,
            Some("") => State::Doubt(at, None),
            Some(id) => State::Shown(id.to_owned()),
        }))
    }

    /// Returns the message, if there is one.
    pub(super) fn shown(&self) -> Option<String> {
        match &*self.state() {
            State::Shown(id) => Some(id.clone()),
            State::None | State::Doubt(..) | State::Over => None,
        }
    }

    /// Says whether a draft may stand in the conversation that says just this: it would be said twice.
    pub(super) fn may_say(&self, text: &str) -> bool {
        matches!(&*self.state(), State::Doubt(_, Some(said)) if said.trim() == text.trim())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.state() = state;
    }
}

/// What has been shown of a run.
#[derive(Debug)]
struct Progress {
    shown: String,
    interval: Duration,
    next: Instant,
}

impl Bridge {
    /// Shows a turn until it is told to stop; then nothing of it is under way any more.
    pub(super) async fn show(&self, turn: &Turn, stop: &CancellationToken) {
        if turn.command {
            return;
        }
        let abilities = turn.live.traits().abilities;
        let drafts = turn.live.account.section.streaming == Streaming::Partial
            && abilities.contains(Ability::Edit)
            && turn.token.is_none();
        let interval = self.pace().draft.max(turn.live.traits().text.edit_interval);
        let mut progress = Progress { shown: String::new(), interval, next: Instant::now() + interval };
        let mut typing = Instant::now();
        let types = abilities.contains(Ability::Typing);
        // A run may begin long after its message came; it is looked for this often.
        let look = interval.min(self.pace().typing) / 2;
        while !stop.is_cancelled() {
            if let Some(so_far) = self.alive(turn) {
                if drafts && progress.next <= Instant::now() {
                    self.draw(turn, &so_far, &mut progress).await;
                }
                // A message that grows shows that somebody is writing.
                if types && typing <= Instant::now() && turn.draft.shown().is_none() && !stop.is_cancelled() {
                    typing = Instant::now() + self.pace().typing;
                    tokio::select! {
                        () = self.type_once(turn) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
            tokio::select! {
                () = sleep_until(Instant::now() + look) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Returns the text so far of a turn's run, if that is alive.
    fn alive(&self, turn: &Turn) -> Option<String> {
        let (run_id, text) = self.chat().live_text(&turn.live.account.org, turn.key.as_str())?;
        (run_id == turn.run_id).then_some(text)
    }

    async fn type_once(&self, turn: &Turn) {
        if turn.live.budget.take(&turn.to.chat, 3).is_ok() {
            let outbound = Self::outbound(turn, "typing", Action::Typing);
            drop(self.perform(&turn.live, outbound, self.pace().typing).await);
        }
    }

    /// Brings the draft up to date, if there is room for that; what was not shown is shown next time.
    async fn draw(&self, turn: &Turn, so_far: &str, progress: &mut Progress) {
        let text = text::draft(so_far, &turn.live.traits().text);
        if text.trim().is_empty() || text == progress.shown {
            return;
        }
        let state = turn.draft.state().clone();
        let action = match &state {
            State::Over => return,
            State::Doubt(since, _) if !self.may_ask_again(turn, *since) => return,
            State::None | State::Doubt(..) => plain(text.clone()),
            State::Shown(id) => Action::Edit { message: id.clone(), text: text.clone(), buttons: Vec::new() },
        };
        // Room is left for what matters: the answer.
        if turn.live.budget.take(&turn.to.chat, 2).is_err() {
            return;
        }
        let first = !matches!(state, State::Shown(_));
        if first && !self.store_draft(turn, Some("")).await {
            return;
        }
        progress.next = Instant::now() + progress.interval;
        let outbound = Self::outbound(turn, "draft", action);
        let limit = self.pace().attempt.min(LONGEST_DRAFT);
        match self.perform(&turn.live, outbound, limit).await {
            Ok(receipt) => {
                progress.shown = text;
                if first {
                    let state = receipt.message.clone().map_or(State::Over, State::Shown);
                    turn.draft.set(state);
                    self.store_draft(turn, receipt.message.as_deref()).await;
                }
            }
            Err(error) => {
                progress.interval = (progress.interval * 2).min(SLOWEST);
                progress.next = Instant::now() + progress.interval;
                let state = match error.failure {
                    Failure::Unknown if state == State::None => State::Doubt(self.now(), Some(text)),
                    Failure::Gone => State::Over,
                    Failure::Refused | Failure::Unsupported if first => State::Over,
                    _ => state,
                };
                if first && !matches!(state, State::Doubt(..)) {
                    self.store_draft(turn, None).await;
                }
                turn.draft.set(state);
            }
        }
    }

    /// Says whether sending a draft again finds the one that was sent at `since`, if it arrived.
    fn may_ask_again(&self, turn: &Turn, since: Millis) -> bool {
        let once = turn.live.traits().abilities.contains(Ability::SendOnce);
        once && self.now() - since < millis(self.pace().send_once)
    }

    /// Learns which message shows the answer so far, where a crash or a cut left that open and the platform tells
    /// repetitions apart. Elsewhere nobody can know: such a draft may stay in the conversation.
    pub(super) async fn find_draft(&self, turn: &Turn) {
        let State::Doubt(since, _) = turn.draft.state().clone() else { return };
        if !self.may_ask_again(turn, since) {
            return;
        }
        let outbound = Self::outbound(turn, "draft", plain(STAND_IN.to_owned()));
        let limit = self.pace().attempt.min(LONGEST_DRAFT);
        if let Ok(receipt) = self.perform(&turn.live, outbound, limit).await {
            turn.draft.set(receipt.message.map_or(State::Over, State::Shown));
        }
    }

    async fn store_draft(&self, turn: &Turn, draft: Option<&str>) -> bool {
        let (seq, draft, now) = (turn.seq, draft.map(str::to_owned), self.now());
        self.store().write(move |db| inbound::set_draft(db, seq, draft.as_deref(), now)).await.is_ok()
    }

    fn outbound(turn: &Turn, what: &str, action: Action) -> Outbound {
        Outbound {
            to: turn.to.clone(),
            key: wire_key(&format!("{what}:{}", turn.seq)),
            answering: None,
            action,
        }
    }
}

/// What stands in for a draft that had not arrived, until the answer replaces it.
const STAND_IN: &str = "…";
/// Longest time that the answer waits for a draft that is on its way.
const LONGEST_DRAFT: Duration = Duration::from_secs(10);
/// Longest time between two edits of a draft.
const SLOWEST: Duration = Duration::from_secs(30);
