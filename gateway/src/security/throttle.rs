//! Counts failed proofs and locks out who fails too often (protocol 3.10), loopback included.
//!
//! A page in the owner's own browser and any local program come from loopback, so it is no exception; there
//! all of `127.0.0.0/8`, `::1` and `::ffff:127.0.0.1` are one source. IPv6 sources are counted by their /64, which
//! one machine commonly owns whole.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::Clock;
use schemas::bounds::{FAILURE_WINDOW, LOCKOUT, MAX_FAILURES, MAX_FAILURES_GLOBAL, MAX_LIMITER_ENTRIES};
use schemas::clock::Millis;

use super::attempt::Peer;

/// What kind of proof failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Secret,
    DeviceToken,
    Bootstrap,
    Signature,
    /// A request to be paired without any secret.
    Pairing,
}

impl Kind {
    /// Says whether failures of everyone together can lock it: what can be guessed from many addresses.
    fn is_shared(self) -> bool {
        matches!(self, Self::Secret | Self::Bootstrap | Self::Pairing)
    }
}

/// Where failures come from: an address, and the page if it is a browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    ip: IpAddr,
    origin: Option<String>,
}

impl Source {
    pub(super) fn of(peer: &Peer) -> Self {
        Self { ip: grouped(peer.ip), origin: peer.origin.clone() }
    }
}

fn grouped(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// The table of failures.
#[derive(Debug)]
pub(super) struct Throttle {
    clock: Clock,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_source: HashMap<(Kind, Source), Count>,
    all: Count,
}

#[derive(Debug, Default)]
struct Count {
    since: Millis,
    failures: u32,
    locked_until: Millis,
}

impl Throttle {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, table: Mutex::default() }
    }

    /// Returns how long `source` still has to wait with a proof of this kind, in milliseconds.
    pub(super) fn locked(&self, kind: Kind, source: &Source) -> Option<u64> {
        let now = self.clock.now();
        let table = self.lock();
        let own = table.by_source.get(&(kind, source.clone())).map_or(0, |count| count.locked_until);
        let shared = if kind.is_shared() { table.all.locked_until } else { 0 };
        u64::try_from(own.max(shared) - now).ok().filter(|wait| *wait > 0)
    }

    /// Counts a failure. Who is locked out already counts no further: one address must not be able to lock
    /// everyone else out.
    pub(super) fn failed(&self, kind: Kind, source: &Source) {
        let now = self.clock.now();
        let mut table = self.lock();
        let key = (kind, source.clone());
        if table.by_source.get(&key).is_some_and(|count| count.locked_until > now) {
            return;
        }
        if table.all.fail(now, MAX_FAILURES_GLOBAL, FAILURE_WINDOW) {
            tracing::warn!("Too many failed proofs from everywhere: shared secrets are refused for a while");
        }
        if !table.by_source.contains_key(&key) {
            table.make_room(now);
        }
        if table.by_source.entry(key).or_default().fail(now, MAX_FAILURES, LOCKOUT) {
            tracing::warn!(ip = %source.ip, ?kind, "Too many failed proofs: locked out");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Keeps the table bounded: first what is over, then the oldest. A flood of addresses that pushes others
    /// out of the table meets the count of all.
    fn make_room(&mut self, now: Millis) {
        if self.by_source.len() < MAX_LIMITER_ENTRIES {
            return;
        }
        self.by_source
            .retain(|_, count| count.locked_until > now || now - count.since <= millis(FAILURE_WINDOW));
        while self.by_source.len() >= MAX_LIMITER_ENTRIES {
            let oldest =
                self.by_source.iter().min_by_key(|(_, count)| (count.locked_until > now, count.since));
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            self.by_source.remove(&key);
        }
    }
}

impl Count {
    /// Returns true when this failure is the one that locks.
    fn fail(&mut self, now: Millis, most: u32, lockout: Duration) -> bool {
        if now - self.since > millis(FAILURE_WINDOW) {
            (self.since, self.failures) = (now, 0);
        }
        self.failures += 1;
        let locks = self.failures >= most && self.locked_until <= now;
        if locks {
            self.locked_until = now + millis(lockout);
        }
        locks
    }
}

pub(super) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(ip: &str) -> Source {
        Source::of(&Peer { ip: ip.parse().expect("an address"), unix_uid: None, local: false, origin: None })
    }

    #[test]
    fn ten_failures_in_a_minute_lock_for_five() {
        let clock = Clock::manual(1_000_000);
        let throttle = Throttle::new(clock.clone());
        let who = source("10.0.0.1");
        for _ in 0..9 {
            throttle.failed(Kind::Secret, &who);
        }
        clock.advance(61_000);
        throttle.failed(Kind::Secret, &who);
        assert_eq!(throttle.locked(Kind::Secret, &who), None, "the window is over");
        for _ in 0..9 {
            throttle.failed(Kind::Secret, &who);
        }
        assert_eq!(throttle.locked(Kind::Secret, &who), Some(300_000));
        assert_eq!(throttle.locked(Kind::DeviceToken, &who), None, "kinds are apart");
        assert_eq!(throttle.locked(Kind::Secret, &source("10.0.0.2")), None);
        clock.advance(300_000);
        assert_eq!(throttle.locked(Kind::Secret, &who), None);
    }

    #[test]
    fn loopback_is_one_source_and_not_exempt() {
        let throttle = Throttle::new(Clock::manual(1_000_000));
        for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.2"].iter().cycle().take(10) {
            throttle.failed(Kind::Secret, &source(ip));
        }
        assert!(throttle.locked(Kind::Secret, &source("127.9.9.9")).is_some());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff"));
    }

    #[test]
    fn many_addresses_meet_the_count_of_all_and_the_table_is_bounded() {
        let clock = Clock::manual(1_000_000);
        let throttle = Throttle::new(clock.clone());
        for n in 0..MAX_LIMITER_ENTRIES + 500 {
            let ip = Ipv4Addr::from_bits(u32::try_from(0x0a00_0000 + n).expect("small"));
            throttle.failed(Kind::Secret, &source(&ip.to_string()));
        }
        assert!(throttle.locked(Kind::Secret, &source("192.0.2.1")).is_some());
        assert_eq!(throttle.locked(Kind::DeviceToken, &source("192.0.2.1")), None);
        assert_eq!(throttle.lock().by_source.len(), MAX_LIMITER_ENTRIES);
        clock.advance(60_001);
        assert_eq!(throttle.locked(Kind::Secret, &source("192.0.2.1")), None);
    }
}
