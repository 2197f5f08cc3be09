//! How often an account may still do something: per conversation and in all, and never while the platform said
//! to wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use channels::ChatKind;
use schemas::bounds::MAX_RATED_CHATS;
use tokio::time::Instant;

use super::settings::{Limits, Rate};

/// What an account may still do.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bot: Meter,
    chats: HashMap<String, Chat>,
}

#[derive(Debug)]
struct Chat {
    meter: Meter,
    rate: Rate,
}

/// One rate: `busy` is when all that was taken is made good.
#[derive(Debug)]
struct Meter {
    busy: Instant,
    /// The platform asked for quiet until then.
    held: Instant,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State { bot: Meter::new(Instant::now()), chats: HashMap::new() };
        Self { limits, state: Mutex::new(state) }
    }

    /// Notes how many people are in a conversation.
    pub(super) fn learn(&self, chat: &str, kind: ChatKind) {
        let rate = if kind == ChatKind::Direct { self.limits.direct } else { self.limits.group };
        self.chat(&mut self.state(), chat).rate = rate;
    }

    /// Takes one if there is room for it and for `spare` more; otherwise says how long to wait.
    pub(super) fn take(&self, chat: &str, spare: u32) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        let known = self.chat(&mut state, chat);
        let wait = known.meter.wait(known.rate, spare, now);
        let wait = wait.max(state.bot.wait(self.limits.bot, 0, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        state.bot.take(self.limits.bot, now);
        let known = self.chat(&mut state, chat);
        known.meter.take(known.rate, now);
        Ok(())
    }

    /// Keeps quiet in a conversation for as long as the platform asked; in all of them when it says so in a
    /// second one meanwhile.
    pub(super) fn hold(&self, chat: &str, time: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        let elsewhere = state.chats.iter().any(|(name, other)| name != chat && other.meter.held > now);
        if elsewhere {
            state.bot.held = state.bot.held.max(now + time);
        }
        let known = self.chat(&mut state, chat);
        known.meter.held = known.meter.held.max(now + time);
    }

    /// Who is not known yet counts as a group: the slower rate never does harm.
    fn chat<'a>(&self, state: &'a mut State, chat: &str) -> &'a mut Chat {
        let now = Instant::now();
        if state.chats.len() >= MAX_RATED_CHATS && !state.chats.contains_key(chat) {
            state.chats.retain(|_, chat| chat.meter.busy > now || chat.meter.held > now);
        }
        let new = || Chat { meter: Meter::new(now), rate: self.limits.group };
        state.chats.entry(chat.to_owned()).or_insert_with(new)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter {
    fn new(now: Instant) -> Self {
        Self { busy: now, held: now }
    }

    fn wait(&self, rate: Rate, spare: u32, now: Instant) -> Duration {
        let room = rate.every * rate.burst.saturating_sub(1).saturating_sub(spare);
        let full = self.busy.saturating_duration_since(now).saturating_sub(room);
        full.max(self.held.saturating_duration_since(now))
    }

    fn take(&mut self, rate: Rate, now: Instant) {
        self.busy = self.busy.max(now) + rate.every;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget {
        Budget::new(Limits::default())
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_than_twenty_in_any_minute_of_a_group() {
        let (budget, mut sent) = (budget(), Vec::new());
        budget.learn("g", ChatKind::Group);
        for _ in 0..600 {
            if budget.take("g", 0).is_ok() {
                sent.push(Instant::now());
            }
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        let most = sent.iter().map(|from| {
            let minute = |at: &&Instant| **at >= *from && **at < *from + Duration::from_mins(1);
            sent.iter().filter(minute).count()
        });
        assert!(most.max().unwrap() <= 20);
        assert!(sent.len() > 70, "and not much fewer: {}", sent.len());
    }

    #[tokio::test(start_paused = true)]
    async fn some_room_is_kept_and_a_wait_is_honoured() {
        let budget = budget();
        budget.learn("p", ChatKind::Direct);
        while budget.take("p", 2).is_ok() {}
        assert!(budget.take("p", 0).is_ok() && budget.take("p", 0).is_ok());
        assert!(budget.take("p", 0).is_err());
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(budget.take("p", 0).is_err());
        assert!(budget.take("q", 0).is_ok(), "another conversation is free");
        tokio::time::advance(Duration::from_mins(1)).await;
        budget.hold("p", Duration::from_secs(7));
        assert_eq!(budget.take("p", 0), Err(Duration::from_secs(7)));
        assert!(budget.take("q", 0).is_ok());
        budget.hold("q", Duration::from_secs(5));
        assert_eq!(budget.take("r", 0), Err(Duration::from_secs(5)), "the platform means the whole account");
    }
}
