//! Wall-clock time as a value that tests can set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch, as every timestamp on the wire and in the store.
pub type Millis = i64;

/// Tells the wall-clock time: the system's, or one that a test moves by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Returns the system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands at `now` until [`Clock::advance`] moves it; clones move together.
    pub fn manual(now: Millis) -> Self {
        Self(Some(Arc::new(AtomicI64::new(now))))
    }

    /// Returns the current time in milliseconds since the Unix epoch.
    pub fn now(&self) -> Millis {
        match &self.0 {
            Some(set) => set.load(Ordering::SeqCst),
            None => system_now(),
        }
    }

    /// Moves a manual clock forward; does nothing to the system's.
    pub fn advance(&self, millis: Millis) {
        if let Some(set) = &self.0 {
            set.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
