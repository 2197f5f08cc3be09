//! Another run for a task whose run failed through something that passes.

use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{Failure, Retry};
use schemas::clock::Millis;
use schemas::task::TaskState;

use super::Engine;
use super::audience::TaskChange;
use super::closing::sentence;
use super::request::Card;
use super::run::{Ran, was_stopped};
use crate::store::{Db, StoreError, tasks as rows};
use crate::supervise::Job;

/// How often and when a task is tried again.
#[derive(Debug)]
struct Rule {
    retries: u32,
    /// Whether also after it may have had effects: somebody who talks with an agent decides that himself.
    with_effects: bool,
    on_time_limit: bool,
    first: Duration,
    longest: Duration,
    /// Part of the pause, in percent, that chance adds or takes away.
    jitter: i64,
}

impl Rule {
    fn of(card: &Card) -> Self {
        match &card.request.work {
            Some(work) => Self {
                retries: work.max_retries,
                with_effects: true,
                on_time_limit: work.retry_on_timeout,
                first: FIRST_PAUSE,
                longest: LONGEST_PAUSE,
                jitter: 10,
            },
            None => Self {
                retries: CHAT_RETRIES,
                with_effects: false,
                on_time_limit: false,
                first: CHAT_PAUSE,
                longest: Duration::MAX,
                jitter: 0,
            },
        }
    }

    /// Returns the pause before the next run; `None` if none can help.
    fn pause(&self, failure: &Failure, before: u32) -> Option<Duration> {
        let grown = || self.first.saturating_mul(2_u32.saturating_pow(before)).min(self.longest);
        let pause = match failure.retry() {
            Retry::Never if self.on_time_limit && failure.code == Failure::TIME_LIMIT => grown(),
            Retry::Never => return None,
            Retry::Later => grown(),
            Retry::After(pause) => pause.max(grown().min(pause)),
        };
        Some(self.jittered(pause))
    }

    fn jittered(&self, pause: Duration) -> Duration {
        if self.jitter == 0 {
            return pause;
        }
        let mut random = [0; 4];
        if getrandom::fill(&mut random).is_err() {
            return pause;
        }
        let share =
            i64::from(u32::from_le_bytes(random)) * 2 * self.jitter / i64::from(u32::MAX) - self.jitter;
        let percent = u64::try_from(100 + share).unwrap_or(100);
        Duration::from_millis(
            u64::try_from(pause.as_millis()).unwrap_or(u64::MAX).saturating_mul(percent) / 100,
        )
    }
}

impl Engine {
    /// Returns how long to wait before another run, if one can help and the task may have it.
    pub(super) fn pause_before_retry(&self, card: &Card, ran: &Ran) -> Option<Duration> {
        let Err(failure) = &ran.outcome.result else { return None };
        if was_stopped(&ran.outcome) || card.request.command {
            return None;
        }
        let rule = Rule::of(card);
        if ran.record.did_something && !rule.with_effects {
            return None;
        }
        let mut board = self.board();
        let entry = board.entry_mut(card.seq)?;
        if entry.fence != ran.fence || entry.cancel.is_some() || entry.retries >= rule.retries {
            return None;
        }
        let pause = rule.pause(failure, entry.retries)?;
        entry.retries += 1;
        entry.held = true;
        Some(pause)
    }

    pub(super) async fn retry_later(self: &Arc<Self>, card: Arc<Card>, ran: Ran, pause: Duration) {
        let Err(failure) = &ran.outcome.result else { return };
        let until = card.request.work.is_some().then(|| self.clock.now() + super::millis(pause));
        if let Err(error) = self.store_wait(&card, ran.fence, &failure.code, until).await {
            return self.give_up(&card, &error);
        }
        ran.receipt.sign();
        let step = nodes::executor::Step::Note { text: format!("{} It is tried again.", sentence(failure)) };
        let mut spectator = ran.spectator;
        spectator.step(&step);
        drop(spectator);
        let turns = self.board().suspend(card.seq, &self.roster());
        self.start_all(turns);
        self.audience.changed(
            &card,
            &TaskChange {
                state: TaskState::Waiting,
                at: self.clock.now(),
                started_at: None,
                reason: Some(&failure.code),
                end: None,
            },
        );
        if let Some(until) = until {
            self.board().wait_until(card.seq, until);
            return self.alarm.notify_one();
        }
        let engine = Arc::clone(self);
        self.jobs.spawn(Job::Engine, async move {
            tokio::select! {
                () = tokio::time::sleep(pause) => engine.go_on(&card).await,
                () = engine.leaving.cancelled() => {}
            }
        });
    }

    /// Commits that a task waits for another run.
    pub(super) async fn store_wait(
        &self,
        card: &Arc<Card>,
        fence: i64,
        why: &str,
        until: Option<Millis>,
    ) -> Result<(), StoreError> {
        let (now, why, seq) = (self.clock.now(), why.to_owned(), card.seq);
        let version = self.board().entry(seq).map_or(0, |entry| entry.version);
        let write = move |db: &Db| {
            rows::end_run(db, seq, fence, &why, now)?;
            rows::set_joined(db, seq, None)?;
            if until.is_some() {
                rows::set_wait(db, seq, until)?;
            }
            rows::change(
                db,
                rows::Change {
                    seq,
                    version,
                    fence: Some(fence),
                    from: TaskState::Running,
                    to: TaskState::Waiting,
                    reason: &why,
                    actor: rows::GATEWAY,
                    at: now,
                    outcome: None,
                },
            )
        };
        let version = self.store.write(write).await?;
        let mut board = self.board();
        board.set_state(seq, TaskState::Waiting);
        if let Some(entry) = board.entry_mut(seq) {
            entry.version = version;
            entry.waits_for = None;
        }
        Ok(())
    }
}

/// Further runs of a task whose runs failed through something that passes, where somebody waits for the answer.
const CHAT_RETRIES: u32 = 2;
const CHAT_PAUSE: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 2000 });
/// Pauses of dispatched work (requirements 3.6).
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;
    use nodes::executor::FailureClass;

    #[test]
    fn dispatched_work_waits_longer_each_time() {
        let rule = Rule {
            retries: 3,
            with_effects: true,
            on_time_limit: true,
            first: FIRST_PAUSE,
            longest: LONGEST_PAUSE,
            jitter: 10,
        };
        let lost = Failure::new(FailureClass::NodeLost, "transport", "gone");
        for (before, seconds) in [(0, 5), (1, 10), (2, 20), (3, 40), (4, 60), (9, 60)] {
            let pause = rule.pause(&lost, before).unwrap().as_millis();
            let wanted = seconds * 1000;
            assert!((wanted * 9 / 10..=wanted * 11 / 10).contains(&pause), "{before}: {pause}");
        }
        let limit = Failure::new(FailureClass::Timeout, Failure::TIME_LIMIT, "over");
        assert!(rule.pause(&limit, 0).is_some());
        let refused = Failure::new(FailureClass::Denied, "no", "no");
        let rule = Rule {
            retries: 3,
            with_effects: true,
            on_time_limit: true,
            first: FIRST_PAUSE,
            longest: LONGEST_PAUSE,
            jitter: 10,
        };
        assert_eq!(rule.pause(&refused, 0), None);
    }
}
