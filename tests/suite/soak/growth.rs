//! Whether a process grows: a straight line through readings of its memory, against how much they scatter around it.

use std::time::Duration;

/// Growth over the whole time that is never held against a process: less than what an allocator gives back late.
const FLOOR: f64 = 3.0;
/// Readings of less than this say nothing about the slope: the process still fills its caches.
const LONG: Duration = Duration::from_mins(15);
/// Most growth in MiB in so short a time.
const SHORT: f64 = 12.0;

/// When and how much: MiB.
pub type Reading = (Duration, f64);

/// What the readings say.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// From the first to the last reading, along the line, in MiB.
    pub total: f64,
    /// The same in an hour.
    pub per_hour: f64,
    /// How far readings stand from the line: twice their standard deviation, in MiB.
    pub noise: f64,
    span: Duration,
}

impl Growth {
    /// Draws the line through the second half of the readings. In the first one fills what is bounded: the newest
    /// 10,000 idempotency keys, the pages that each connection to the database keeps.
    pub fn of(readings: &[Reading]) -> Self {
        let used = &readings[readings.len() / 2..];
        let count = f64::from(u32::try_from(used.len().max(1)).expect("few"));
        let mean = |of: &dyn Fn(&Reading) -> f64| used.iter().map(of).sum::<f64>() / count;
        let (time, size) = (mean(&|(at, _)| at.as_secs_f64()), mean(&|(_, size)| *size));
        let away = |(at, _): &Reading| at.as_secs_f64() - time;
        let spread = mean(&|one| away(one).powi(2));
        let slope = if spread > 0.0 { mean(&|one| away(one) * (one.1 - size)) / spread } else { 0.0 };
        let scatter = mean(&|one| (one.1 - size - slope * away(one)).powi(2)).sqrt();
        let first = used.first().map_or(Duration::ZERO, |(at, _)| *at);
        let span = used.last().map_or(Duration::ZERO, |(at, _)| *at).saturating_sub(first);
        let total = slope * span.as_secs_f64();
        Self { total, per_hour: slope * 3600.0, noise: 2.0 * scatter, span }
    }

    /// Whether it is no more than what readings scatter.
    pub fn is_flat(self) -> bool {
        let allowed = if self.span < LONG { SHORT } else { self.noise.max(FLOOR) };
        self.total <= allowed
    }
}

/// Returns readings every nine seconds of an hour.
fn hour(size: impl Fn(f64, f64) -> f64) -> Vec<Reading> {
    let mut rng = harness::Rng::of(7);
    let reading = |number: u32| {
        let chance = f64::from(u32::try_from(rng.below(1000)).expect("small")) / 1000.0 - 0.5;
        (Duration::from_secs(9) * number, size(f64::from(number) / 400.0, chance))
    };
    (0..400).map(reading).collect()
}

#[test]
fn a_leak_is_told_from_noise() {
    let flat = Growth::of(&hour(|_, chance| 60.0 + 4.0 * chance));
    assert!(flat.is_flat() && flat.per_hour.abs() < 1.0, "{flat:?}");
    let filling = Growth::of(&hour(|time, chance| 60.0 - 20.0 * (-20.0 * time).exp() + 4.0 * chance));
    assert!(filling.is_flat(), "{filling:?}");
    let leak = Growth::of(&hour(|time, chance| 60.0 + 8.0 * time + 4.0 * chance));
    assert!(!leak.is_flat() && (7.0..9.0).contains(&leak.per_hour), "{leak:?}");
}
