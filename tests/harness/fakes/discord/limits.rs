//! How many requests there may be: buckets a route and channel, and the bot's own allowance.

use std::collections::HashMap;
use std::time::Duration;

use super::options::Rates;

/// The buckets that are open.
#[derive(Debug, Default)]
pub(super) struct Limits {
    buckets: HashMap<String, Window>,
    global: Window,
}

/// A span of time and what was used in it.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends: Duration,
    used: u32,
}

impl Window {
    /// Counts one request. Returns what is left, or none when there was nothing left.
    fn take(&mut self, limit: u32, span: Duration, now: Duration) -> Option<u32> {
        if now >= self.ends {
            *self = Self { ends: now + span, used: 0 };
        }
        let left = limit.checked_sub(self.used + 1)?;
        self.used += 1;
        Some(left)
    }
}

/// What a bucket says of a request.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The bucket's name, as in `X-RateLimit-Bucket`.
    pub(super) bucket: String,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset_after: Duration,
    /// Whether the request is one too many, and whether that is because of the bot's own allowance.
    pub(super) refused: Option<Scope>,
}

/// Whose allowance is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The bucket's.
    User,
    /// The bot's.
    Global,
}

impl Limits {
    /// Counts a request of this route, where `major` is the channel, server or webhook in its path.
    pub(super) fn take(&mut self, rates: &Rates, route: (&str, &str), major: &str, now: Duration) -> Verdict {
        let (name, limit, span) = bucket(rates, route);
        let key = format!("{name}:{major}");
        let counts_globally = !route.1.starts_with("/interactions");
        let window = self.buckets.entry(key).or_default();
        let mut verdict =
            Verdict { bucket: digest(&name), limit, remaining: 0, reset_after: span, refused: None };
        if counts_globally && self.global.take(rates.global, Duration::from_secs(1), now).is_none() {
            verdict.refused = Some(Scope::Global);
            verdict.reset_after = self.global.ends.saturating_sub(now);
            return verdict;
        }
        match window.take(limit, span, now) {
            Some(left) => verdict.remaining = left,
            None => verdict.refused = Some(Scope::User),
        }
        verdict.reset_after = window.ends.saturating_sub(now);
        verdict
    }
}

/// Returns the bucket's name, how many requests it holds and for how long.
fn bucket(rates: &Rates, (method, template): (&str, &str)) -> (String, u32, Duration) {
    let message = "/channels/{channel}/messages/{message}";
    let writes = (method == "POST" && template == "/channels/{channel}/messages")
        || (method == "PATCH" && template == message);
    if let (true, Some(limit)) = (writes, rates.limit_per_minute) {
        return ("messages".to_owned(), limit, Duration::from_mins(1));
    }
    let (limit, span) = if writes {
        rates.messages
    } else if template.contains("/reactions/") {
        rates.reactions
    } else {
        rates.others
    };
    (format!("{method} {template}"), limit, span)
}

/// Returns a name that says nothing, as Discord's do.
fn digest(name: &str) -> String {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.bytes() {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{sum:016x}")
}
