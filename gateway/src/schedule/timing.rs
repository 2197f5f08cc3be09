//! When a job is due: pure arithmetic over instants, without a clock.

use std::str::FromStr as _;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemas::clock::Millis;
use schemas::methods::cron::{CronSchedule, Misfire};
use sha2::{Digest as _, Sha256};

/// Why a schedule cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// No instant.
    #[error(
        "/schedule/at \"{0}\" is no time: write it as 2026-12-24T18:00:00Z or with an offset such as +01:00"
    )]
    At(String),
    /// Too often.
    #[error("/schedule/everyMs must be at least 1000")]
    Every,
    /// No cron expression.
    #[error("/schedule/expr \"{expr}\" is no cron expression: {why}")]
    Expression {
        /// What was given.
        expr: String,
        /// What is wrong with it.
        why: String,
    },
    /// An expression that no day fits.
    #[error("/schedule/expr \"{0}\" is never due")]
    Never(String),
    /// No time zone.
    #[error("/schedule/tz \"{0}\" is no time zone: use a name such as Europe/Berlin or UTC")]
    Zone(String),
}

/// A schedule that was understood.
#[derive(Clone, Debug)]
pub(super) struct Timing(Form);

#[derive(Clone, Debug)]
enum Form {
    At(Millis),
    Every { every: Millis, anchor: Millis },
    Cron { cron: Box<Cron>, zone: TimeZone, late: Millis },
}

impl Timing {
    /// Reads a schedule. `added` is when the job was added; `id` decides by how much it is late, if it says so.
    pub(super) fn read(schedule: &CronSchedule, added: Millis, id: &str) -> Result<Self, BadSchedule> {
        Ok(Self(match schedule {
            CronSchedule::At { at } => Form::At(instant(at).ok_or_else(|| BadSchedule::At(at.clone()))?),
            CronSchedule::Every { every_ms, .. } if *every_ms < SHORTEST => return Err(BadSchedule::Every),
            CronSchedule::Every { every_ms, anchor_ms } => {
                Form::Every { every: *every_ms, anchor: anchor_ms.unwrap_or(added) }
            }
            CronSchedule::Cron { expr, tz, stagger_ms } => {
                let cron = Cron::from_str(expr)
                    .map_err(|why| BadSchedule::Expression { expr: expr.clone(), why: why.to_string() })?;
                let timing = Form::Cron {
                    cron: Box::new(cron),
                    zone: zone(tz.as_deref())?,
                    late: stagger_ms.map_or(0, |most| share(id, most)),
                };
                let timing = Self(timing);
                timing.next_after(added).ok_or_else(|| BadSchedule::Never(expr.clone()))?;
                return Ok(timing);
            }
        }))
    }

    /// Returns the first instant after `after`; `None`: there is none any more.
    pub(super) fn next_after(&self, after: Millis) -> Option<Millis> {
        match &self.0 {
            Form::At(at) => (*at > after).then_some(*at),
            Form::Every { anchor, .. } if after < *anchor => Some(*anchor),
            Form::Every { every, anchor } => {
                anchor.checked_add(((after - anchor) / every).checked_add(1)?.checked_mul(*every)?)
            }
            Form::Cron { cron, zone, late } => {
                let next = cron.find_next_occurrence(&zoned(after - late, zone)?, false).ok()?;
                Some(next.timestamp().as_millisecond() + late)
            }
        }
    }

    /// Returns the last instant that is not after `now`.
    fn latest_until(&self, now: Millis) -> Option<Millis> {
        match &self.0 {
            Form::At(at) => (*at <= now).then_some(*at),
            Form::Every { anchor, .. } if now < *anchor => None,
            Form::Every { every, anchor } => Some(anchor + (now - anchor) / every * every),
            Form::Cron { cron, zone, late } => {
                let latest = cron.find_previous_occurrence(&zoned(now - late, zone)?, true).ok()?;
                Some(latest.timestamp().as_millisecond() + late)
            }
        }
    }

    /// Decides about a job that was due at `first`, which is not after `now`.
    pub(super) fn decide(&self, first: Millis, now: Millis, misfire: Misfire) -> Due {
        // Whatever the arithmetic says of a schedule that was changed meanwhile, `first` itself was due.
        let latest = self.latest_until(now).map_or(first, |latest| latest.max(first));
        let fire = match misfire {
            Misfire::All => Some(first),
            Misfire::Once => Some(latest),
            Misfire::Skip => (now - latest <= GRACE).then_some(latest),
        };
        let seen = fire.unwrap_or(latest);
        Due { fire, left_out: fire.is_none() || seen > first, next: self.next_after(seen) }
    }
}

/// What is to be done about a job that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The instant to run for.
    pub(super) fire: Option<Millis>,
    /// Whether instants before that are left out.
    pub(super) left_out: bool,
    /// When it is due next; that may have passed too.
    pub(super) next: Option<Millis>,
}

/// Reads an instant; a time without an offset is UTC.
fn instant(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Returns a time zone by its name; the machine's own without one.
fn zone(name: Option<&str>) -> Result<TimeZone, BadSchedule> {
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        None => Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
        Some(name) => TimeZone::get(name).map_err(|_| BadSchedule::Zone(name.to_owned())),
    }
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(zone.clone()))
}

/// Returns a job's own share below `most`, the same after every start.
fn share(id: &str, most: Millis) -> Millis {
    let digest = Sha256::digest(id);
    let mut number = [0; 8];
    number[1..].copy_from_slice(&digest[..7]);
    i64::from_be_bytes(number) % most.max(1)
}

/// Shortest time between two runs of a job, in milliseconds.
const SHORTEST: Millis = 1000;
/// How late a run may be and still count as on time, in milliseconds: a restart takes no longer.
const GRACE: Millis = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cron(expr: &str, tz: &str) -> Timing {
        let schedule = CronSchedule::Cron { expr: expr.into(), tz: Some(tz.into()), stagger_ms: None };
        Timing::read(&schedule, at("2026-01-01T00:00:00Z"), "id").expect("a schedule")
    }

    fn every(every_ms: Millis, anchor: Millis) -> Timing {
        let schedule = CronSchedule::Every { every_ms, anchor_ms: Some(anchor) };
        Timing::read(&schedule, 0, "id").expect("a schedule")
    }

    fn at(text: &str) -> Millis {
        instant(text).expect("a time")
    }

    /// Returns the next instants after `from` in UTC.
    fn next(timing: &Timing, from: &str, count: usize) -> Vec<String> {
        let mut now = at(from);
        let mut step = || {
            now = timing.next_after(now)?;
            Some(Timestamp::from_millisecond(now).ok()?.to_string())
        };
        (0..count).map_while(|_| step()).collect()
    }

    #[test]
    fn an_hour_that_the_clock_leaves_out_is_made_up_for_at_once() {
        // Berlin goes from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
        let daily = cron("30 2 * * *", "Europe/Berlin");
        assert_eq!(
            next(&daily, "2026-03-28T00:00:00Z", 3),
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
    }

    #[test]
    fn an_hour_that_comes_twice_counts_once_for_a_fixed_time_and_twice_for_every_hour() {
        // Berlin goes from 03:00 back to 02:00 on 2026-10-25, at 01:00 UTC.
        let daily = cron("30 2 * * *", "Europe/Berlin");
        assert_eq!(next(&daily, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        let hourly = cron("30 * * * *", "Europe/Berlin");
        assert_eq!(
            next(&hourly, "2026-10-25T00:00:00Z", 3),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]
        );
    }

    #[test]
    fn seconds_are_optional() {
        let often = cron("*/5 * * * * *", "UTC");
        assert_eq!(next(&often, "2026-11-21T10:00:03Z", 2), ["2026-11-21T10:00:05Z", "2026-11-21T10:00:10Z"]);
        let daily = cron("@daily", "America/New_York");
        assert_eq!(next(&daily, "2026-11-21T10:00:03Z", 1), ["2026-11-22T05:00:00Z"]);
    }

    #[test]
    fn what_cannot_be_kept_says_why() {
        let read =
            |schedule: &CronSchedule| Timing::read(schedule, 0, "id").expect_err("refused").to_string();
        let expr = |expr: &str, tz: Option<&str>| CronSchedule::Cron {
            expr: expr.into(),
            tz: tz.map(Into::into),
            stagger_ms: None,
        };
        assert!(read(&expr("* * *", None)).contains("is no cron expression"));
        assert!(read(&expr("0 0 30 2 *", None)).contains("is never due"));
        assert!(read(&expr("0 0 * * *", Some("Mars/Base"))).contains("Europe/Berlin"));
        assert!(read(&CronSchedule::Every { every_ms: 10, anchor_ms: None }).contains("1000"));
        assert!(read(&CronSchedule::At { at: "tomorrow".into() }).contains("2026-12-24T18:00:00Z"));
    }

    #[test]
    fn an_instant_may_say_its_offset() {
        assert_eq!(at("2026-12-24T18:00:00+01:00"), at("2026-12-24T17:00:00Z"));
        assert_eq!(at("2026-12-24T17:00:00"), at("2026-12-24T17:00:00Z"));
    }

    #[test]
    fn missed_instants_are_skipped_run_once_or_all_run() {
        let timing = every(10_000, 0);
        let now = 95_000;
        let due = |misfire| timing.decide(20_000, now, misfire);
        assert_eq!(due(Misfire::All), Due { fire: Some(20_000), left_out: false, next: Some(30_000) });
        assert_eq!(due(Misfire::Once), Due { fire: Some(90_000), left_out: true, next: Some(100_000) });
        assert_eq!(due(Misfire::Skip), Due { fire: Some(90_000), left_out: true, next: Some(100_000) });
        let late = every(1_000_000, 0).decide(1_000_000, 1_500_000, Misfire::Skip);
        assert_eq!(late, Due { fire: None, left_out: true, next: Some(2_000_000) });
        let on_time = timing.decide(20_000, 20_004, Misfire::Skip);
        assert_eq!(on_time, Due { fire: Some(20_000), left_out: false, next: Some(30_000) });
    }

    #[test]
    fn once_is_over_after_its_instant() {
        let timing = Timing::read(&CronSchedule::At { at: "2026-12-24T18:00:00Z".into() }, 0, "id");
        let (timing, when) = (timing.expect("a schedule"), at("2026-12-24T18:00:00Z"));
        assert_eq!(timing.next_after(0), Some(when));
        let due = timing.decide(when, when + 7_200_000, Misfire::Once);
        assert_eq!(due, Due { fire: Some(when), left_out: false, next: None });
    }

    #[test]
    fn staggered_jobs_are_late_by_an_amount_of_their_own() {
        let schedule = CronSchedule::Cron {
            expr: "0 * * * *".into(),
            tz: Some("UTC".into()),
            stagger_ms: Some(300_000),
        };
        let hour = 3_600_000;
        let first = |id: &str| Timing::read(&schedule, 0, id).ok()?.next_after(hour - 1);
        let (a, b) = (first("a").expect("due"), first("b").expect("due"));
        assert!((hour..hour + 300_000).contains(&a) && (hour..hour + 300_000).contains(&b) && a != b);
        assert_eq!(first("a"), Some(a));
    }

    proptest! {
        #[test]
        fn decisions_go_forward_and_leave_nothing_twice(
            first in 0_i64..1_000_000, later in 0_i64..1_000_000_000, every_s in 1_i64..100_000, policy in 0_usize..3
        ) {
            let timing = every(every_s * 1000, first);
            let misfire = [Misfire::Skip, Misfire::Once, Misfire::All][policy];
            let (mut due, now, mut fired) = (Some(first), first + later, Vec::new());
            while let Some(when) = due.filter(|when| *when <= now) {
                let decision = timing.decide(when, now, misfire);
                prop_assert!(decision.next.is_none_or(|next| next > when));
                fired.extend(decision.fire);
                due = decision.next;
                if fired.len() > 200 { break; }
            }
            prop_assert!(fired.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(fired.iter().all(|instant| *instant <= now && (instant - first) % (every_s * 1000) == 0));
            if misfire == Misfire::Once { prop_assert_eq!(fired.len(), 1); }
            if misfire == Misfire::All && fired.len() <= 200 {
                prop_assert_eq!(i64::try_from(fired.len()).unwrap(), later / (every_s * 1000) + 1);
            }
        }
    }
}
