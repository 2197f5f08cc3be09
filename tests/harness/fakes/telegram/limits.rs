//! Rate limits as Telegram documents them: one message a second in a chat, 20 a minute in a group, 30 a second in all.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

/// Which limits hold. `None`: no such limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages at once in one chat; one more is allowed each second.
    pub chat_burst: Option<usize>,
    /// Messages a minute in one group, supergroup or channel.
    pub group_per_minute: Option<usize>,
    /// Messages a second in all chats.
    pub all_per_second: Option<usize>,
}

impl Limits {
    /// Returns Telegram's own numbers; short bursts in one chat are let through, as there.
    pub fn real() -> Self {
        Self { chat_burst: Some(5), group_per_minute: Some(20), all_per_second: Some(30) }
    }
}

/// What the limits did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitCounts {
    /// Calls refused with 429.
    pub refused: u64,
    /// Of these, calls that came before the time named by an earlier refusal in the same chat was over.
    pub impatient: u64,
}

/// Counts calls in a span of time.
#[derive(Clone, Debug)]
struct Window {
    times: VecDeque<Instant>,
    most: usize,
    span: Duration,
}

impl Window {
    fn of(most: usize, span: Duration) -> Self {
        Self { times: VecDeque::new(), most, span }
    }

    /// Returns how long to wait until `cost` more fit.
    fn wait(&mut self, now: Instant, cost: usize) -> Option<Duration> {
        while self.times.front().is_some_and(|time| now.duration_since(*time) >= self.span) {
            self.times.pop_front();
        }
        // More than the limit at once is let through alone, as an album is.
        let excess =
            (self.times.len() + cost).checked_sub(self.most.max(cost)).filter(|excess| *excess > 0)?;
        self.times.get(excess - 1).map(|time| (*time + self.span).duration_since(now))
    }

    fn add(&mut self, now: Instant, cost: usize) {
        self.times.extend(std::iter::repeat_n(now, cost));
    }
}

/// The limits' memory, for one bot.
#[derive(Clone, Debug, Default)]
pub(super) struct Limiter {
    pub limits: Limits,
    pub counts: LimitCounts,
    all: Option<Window>,
    bursts: BTreeMap<i64, Window>,
    minutes: BTreeMap<i64, Window>,
    own: BTreeMap<i64, usize>,
    until: BTreeMap<i64, Instant>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Gives one chat a limit of its own, of whatever kind it is.
    pub(super) fn per_minute(&mut self, chat: i64, most: usize) {
        self.own.insert(chat, most);
        self.minutes.remove(&chat);
    }

    /// Counts `cost` messages in a chat, or says how many seconds to wait.
    pub(super) fn admit(&mut self, chat: i64, group: bool, cost: usize, now: Instant) -> Result<(), u64> {
        let minute = self.own.get(&chat).copied().or(self.limits.group_per_minute.filter(|_| group));
        let mut windows = Vec::new();
        if let Some(most) = self.limits.all_per_second {
            windows.push(self.all.get_or_insert_with(|| Window::of(most, Duration::from_secs(1))));
        }
        if let Some(burst) = self.limits.chat_burst {
            let span = Duration::from_secs(burst as u64);
            windows.push(self.bursts.entry(chat).or_insert_with(|| Window::of(burst, span)));
        }
        if let Some(most) = minute {
            let span = Duration::from_mins(1);
            windows.push(self.minutes.entry(chat).or_insert_with(|| Window::of(most, span)));
        }
        let wait = windows.iter_mut().filter_map(|window| window.wait(now, cost)).max();
        let Some(wait) = wait else {
            for window in windows {
                window.add(now, cost);
            }
            return Ok(());
        };
        self.counts.refused += 1;
        if self.until.get(&chat).is_some_and(|until| now < *until) {
            self.counts.impatient += 1;
        }
        self.until.insert(chat, now + wait);
        Err(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX))
    }
}
