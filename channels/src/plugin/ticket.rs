//! Settles between who sends and who writes whether a request was written: the difference between "it did not
//! happen" and "nobody knows".

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The sender's half. Dropping it gives up.
#[derive(Debug, Default)]
pub(super) struct Ticket(Arc<AtomicU8>);

/// The writer's half.
#[derive(Debug)]
pub(super) struct Holder(Arc<AtomicU8>);

impl Ticket {
    pub(super) fn holder(&self) -> Holder {
        Holder(Arc::clone(&self.0))
    }

    /// Gives up unless writing has begun; returns whether it is sure that nothing was and will be written.
    pub(super) fn give_up(&self) -> bool {
        let settled = self.0.compare_exchange(WAITING, GIVEN_UP, Ordering::SeqCst, Ordering::SeqCst);
        matches!(settled, Ok(_) | Err(GIVEN_UP))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Holder {
    /// Begins to write; returns whether it is still wanted.
    pub(super) fn begin(&self) -> bool {
        self.0.compare_exchange(WAITING, BEGUN, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_of_both_decides() {
        let ticket = Ticket::default();
        let holder = ticket.holder();
        assert!(holder.begin() && !ticket.give_up());
        let ticket = Ticket::default();
        let holder = ticket.holder();
        assert!(ticket.give_up() && ticket.give_up() && !holder.begin());
        let ticket = Ticket::default();
        let holder = ticket.holder();
        drop(ticket);
        assert!(!holder.begin());
    }
}
