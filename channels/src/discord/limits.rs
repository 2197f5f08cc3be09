//! Remembers which of Discord's rate limits are used up, so that a call that must fail is not made.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// Most routes and windows that are remembered; those that passed are dropped first.
const MOST: usize = 1024;

/// What the platform said of its limits.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Until when nothing may be called at all.
    all: Option<Instant>,
    /// A route's bucket, which it may share with others.
    buckets: HashMap<String, String>,
    /// What is left of a bucket in one channel, guild or webhook.
    windows: HashMap<String, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    left: u64,
    until: Instant,
}

impl Limits {
    /// Takes one call of `route` on `major` (the channel, guild or webhook), or says how long there is none.
    pub(super) fn take(&self, route: &str, major: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(until) = state.all.filter(|until| *until > now) {
            return Err(until - now);
        }
        let key = state.key(route, major);
        let Some(window) = state.windows.get_mut(&key).filter(|window| window.until > now) else {
            return Ok(());
        };
        if window.left == 0 {
            return Err(window.until - now);
        }
        window.left -= 1;
        Ok(())
    }

    /// Notes what an answer's headers say.
    pub(super) fn note(&self, route: &str, major: &str, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut state = self.state();
        if let Some(bucket) = text("x-ratelimit-bucket") {
            state.make_room();
            state.buckets.insert(route.to_owned(), bucket.to_owned());
        }
        let left = text("x-ratelimit-remaining").and_then(|left| left.parse::<u64>().ok());
        let Some((left, reset)) = left.zip(text("x-ratelimit-reset-after").and_then(seconds)) else { return };
        let key = state.key(route, major);
        let until = Instant::now() + reset;
        // Answers overtake each other: within one window the smaller count is the truth.
        let old = state.windows.get(&key).filter(|old| old.until + Duration::from_millis(50) >= until);
        let left = old.map_or(left, |old| left.min(old.left));
        state.make_room();
        state.windows.insert(key, Window { left, until });
    }

    /// Notes that the platform refused a call for `time`; `everything`: whatever is called.
    pub(super) fn refused(&self, route: &str, major: &str, time: Duration, everything: bool) {
        let until = Instant::now() + time;
        let mut state = self.state();
        if everything {
            state.all = Some(until);
            return;
        }
        let key = state.key(route, major);
        state.make_room();
        state.windows.insert(key, Window { left: 0, until });
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn key(&self, route: &str, major: &str) -> String {
        format!("{} {major}", self.buckets.get(route).map_or(route, String::as_str))
    }

    fn make_room(&mut self) {
        if self.windows.len() >= MOST {
            let now = Instant::now();
            self.windows.retain(|_, window| window.until > now);
            if self.windows.len() >= MOST {
                self.windows.clear();
            }
        }
        if self.buckets.len() >= MOST {
            self.buckets.clear();
        }
    }
}

/// Reads a number of seconds with a fraction; at most a day.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    Some(Duration::from_secs_f64(seconds.min(86_400.0)))
}
