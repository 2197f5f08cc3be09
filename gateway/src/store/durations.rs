//! How long tasks took, counted by length.

use rusqlite::{Connection, params};

use super::StoreError;

/// How many tasks took how long, as Prometheus counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Tasks that took at most [`LIMITS`] seconds each.
    pub at_most: [u64; LIMITS.len()],
    /// All tasks.
    pub count: u64,
    /// What all took together, in milliseconds.
    pub sum_ms: u64,
}

/// The upper limits, in seconds (requirements C-45).
pub const LIMITS: [u64; 8] = [1, 5, 15, 30, 60, 120, 300, 600];

impl Durations {
    /// Counts a task.
    pub fn add(&mut self, took_ms: u64) {
        for (count, limit) in self.at_most.iter_mut().zip(LIMITS) {
            *count += u64::from(took_ms <= limit * 1000);
        }
        self.count += 1;
        self.sum_ms += took_ms;
    }

    /// Returns both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (count, more) in self.at_most.iter_mut().zip(other.at_most) {
            *count += more;
        }
        self.count += other.count;
        self.sum_ms += other.sum_ms;
        self
    }
}

/// Counts the tasks up to `last` that have started and ended, those in `except` left out. It looks at every row.
pub fn durations(db: &Connection, last: i64, except: &[i64]) -> Result<Durations, StoreError> {
    let except = serde_json::to_string(except).unwrap_or_else(|_| "[]".into());
    let mut statement = db.prepare(
        "SELECT max(ended_at - started_at, 0) FROM tasks WHERE seq <= ?1 AND ended_at IS NOT NULL
         AND started_at IS NOT NULL AND seq NOT IN (SELECT value FROM json_each(?2))",
    )?;
    let mut rows = statement.query(params![last, except])?;
    let mut all = Durations::default();
    while let Some(row) = rows.next()? {
        all.add(row.get::<_, i64>(0)?.unsigned_abs());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_counts_in_every_limit_that_it_keeps() {
        let mut all = Durations::default();
        for took in [0, 1000, 1001, 60_000, 601_000] {
            all.add(took);
        }
        assert_eq!(all.at_most, [2, 3, 3, 3, 4, 4, 4, 4]);
        assert_eq!((all.count, all.sum_ms), (5, 663_001));
        let twice = all.and(&all);
        assert_eq!((twice.count, twice.at_most[0], twice.sum_ms), (10, 4, 1_326_002));
    }
}
