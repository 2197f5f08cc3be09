//! Who may call how often: failed proofs by address, accepted calls by hook.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use schemas::bounds::{HOOK_WINDOW, MAX_HOOK_CALLS, MAX_HOOK_FAILURES, MAX_LIMITER_ENTRIES};
use schemas::clock::Millis;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Limits {
    failures: HashMap<IpAddr, VecDeque<Millis>>,
    calls: HashMap<String, VecDeque<Millis>>,
}

impl Limits {
    /// Returns how many seconds an address has to wait after too many failed proofs.
    pub(super) fn locked(&mut self, ip: IpAddr, now: Millis) -> Option<u64> {
        let failures = self.failures.get_mut(&ip)?;
        over(failures, MAX_HOOK_FAILURES, now)
    }

    /// Counts a failed proof.
    pub(super) fn failed(&mut self, ip: IpAddr, now: Millis) {
        if self.failures.len() >= MAX_LIMITER_ENTRIES && !self.failures.contains_key(&ip) {
            let window = millis(HOOK_WINDOW);
            self.failures.retain(|_, times| times.back().is_some_and(|last| now - last < window));
            // A flood of addresses: the one that was silent for longest is forgotten.
            if self.failures.len() >= MAX_LIMITER_ENTRIES {
                let oldest = self.failures.iter().min_by_key(|(_, times)| times.back()).map(|(ip, _)| *ip);
                oldest.map(|ip| self.failures.remove(&ip));
            }
        }
        let times = self.failures.entry(ip).or_default();
        times.push_back(now);
        if times.len() > MAX_HOOK_FAILURES {
            times.pop_front();
        }
    }

    /// Counts a call that proved itself; `Some`: it is one too many, wait so many seconds.
    pub(super) fn call(&mut self, hook: &str, now: Millis) -> Option<u64> {
        let times = self.calls.entry(hook.to_owned()).or_default();
        let wait = over(times, MAX_HOOK_CALLS, now);
        if wait.is_none() {
            times.push_back(now);
        }
        wait
    }

    /// Forgets a hook that was removed.
    pub(super) fn forget(&mut self, hook: &str) {
        self.calls.remove(hook);
    }
}

/// Drops what is older than the window; returns how long to wait if there are still too many.
fn over(times: &mut VecDeque<Millis>, most: usize, now: Millis) -> Option<u64> {
    let window = millis(HOOK_WINDOW);
    // A clock that was set back must not lock anybody out for longer than the window.
    times.retain(|then| (0..window).contains(&(now - then)));
    if times.len() < most {
        return None;
    }
    let wait = times.front().map_or(0, |first| first + window - now);
    Some(u64::try_from(wait).unwrap_or(0).div_ceil(1000).max(1))
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_failures_in_a_minute_lock_an_address() {
        let (mut limits, ip) = (Limits::default(), IpAddr::from([10, 0, 0, 1]));
        for n in 0..20 {
            assert_eq!(limits.locked(ip, n * 1000), None);
            limits.failed(ip, n * 1000);
        }
        assert_eq!(limits.locked(ip, 20_000), Some(40));
        assert_eq!(limits.locked(IpAddr::from([10, 0, 0, 2]), 20_000), None);
        assert_eq!(limits.locked(ip, 60_500), None);
    }

    #[test]
    fn a_hook_is_called_ten_times_a_minute() {
        let mut limits = Limits::default();
        for n in 0..10 {
            assert_eq!(limits.call("a", n), None);
        }
        assert_eq!(limits.call("a", 30_000), Some(30));
        assert_eq!(limits.call("b", 30_000), None);
        assert_eq!(limits.call("a", 60_000), None);
    }

    #[test]
    fn addresses_are_bounded() {
        let mut limits = Limits::default();
        for n in 0..u32::try_from(MAX_LIMITER_ENTRIES).expect("small") + 10 {
            limits.failed(IpAddr::from(n.to_be_bytes()), i64::from(n));
        }
        assert_eq!(limits.failures.len(), MAX_LIMITER_ENTRIES);
    }
}
