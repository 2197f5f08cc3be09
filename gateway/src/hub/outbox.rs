//! What one connection has yet to be sent: bounded, drop-then-close (protocol 4.2).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use schemas::bounds::{MAX_BUFFERED, WRITE_STALL};

/// Why and with which code a connection is closed (protocol 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// WebSocket close code; `None`: the line is simply cut.
    pub code: Option<u16>,
    /// Reason text, at most 123 bytes on the wire.
    pub reason: String,
}

impl End {
    /// Closes with a code and a reason.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code: Some(code), reason: reason.into() }
    }

    /// The client did not answer or the line is dead: nothing can be said to it.
    pub fn lost() -> Self {
        Self { code: None, reason: "no sign of life".into() }
    }

    /// The client does not read what it is sent.
    pub fn slow_consumer() -> Self {
        Self::new(1008, "slow consumer")
    }

    /// The proof it came in with is no longer good.
    pub fn auth_changed() -> Self {
        Self::new(4001, "gateway auth changed")
    }

    /// The gateway stops.
    pub fn restart() -> Self {
        Self::new(1012, "service restart")
    }
}

/// One thing to send.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// An event: all but `seq` and the closing brace.
    Event(Bytes, Option<u64>),
    /// A whole frame.
    Frame(Bytes),
    /// A WebSocket ping.
    Ping,
}

/// The queue of one connection. The connection's task takes from it, everyone else pushes.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Outgoing>,
    bytes: usize,
    seq: u64,
    end: Option<End>,
    /// Since when the queue is over its bound.
    over_since: Option<Instant>,
    waker: Option<Waker>,
}

impl Outbox {
    /// Queues an event under the next `seq`. Over the bound a droppable one is skipped, its number used up;
    /// any other ends the connection. Returns whether the queue has just gone over its bound: from then on
    /// [`Outbox::sweep`] is to be called.
    pub fn push_event(&self, prefix: Bytes, droppable: bool) -> bool {
        let mut state = self.lock();
        state.seq += 1;
        if state.bytes + prefix.len() > MAX_BUFFERED {
            let fresh = state.over_since.is_none();
            state.over_since.get_or_insert_with(Instant::now);
            if !droppable {
                state.finish(End::slow_consumer());
            }
            return fresh;
        }
        state.bytes += prefix.len();
        let seq = state.seq;
        state.queue.push_back(Outgoing::Event(prefix, Some(seq)));
        state.wake();
        false
    }

    /// Queues an event that only this connection gets; it has no `seq`.
    pub fn push_targeted(&self, prefix: Bytes) {
        self.push(prefix.len(), Outgoing::Event(prefix, None));
    }

    /// Queues an event that only this connection gets, unless too much waits already; says whether it did. One that is
    /// larger than the bound finds room where nothing else waits.
    pub fn offer_targeted(&self, prefix: Bytes) -> bool {
        let mut state = self.lock();
        let size = prefix.len();
        if state.end.is_some() || (state.bytes > 0 && state.bytes + size > MAX_BUFFERED) {
            return false;
        }
        state.bytes += size;
        state.queue.push_back(Outgoing::Event(prefix, None));
        state.wake();
        true
    }

    /// Queues a whole frame, such as the first of two responses.
    pub fn push_frame(&self, frame: Bytes) {
        self.push(frame.len(), Outgoing::Frame(frame));
    }

    /// Asks for a sign of life.
    pub fn ping(&self) {
        self.push(0, Outgoing::Ping);
    }

    fn push(&self, size: usize, item: Outgoing) {
        let mut state = self.lock();
        if state.bytes + size > MAX_BUFFERED {
            state.finish(End::slow_consumer());
            return;
        }
        state.bytes += size;
        state.queue.push_back(item);
        state.wake();
    }

    /// Closes the connection; the first reason stands.
    pub fn end(&self, end: End) {
        self.lock().finish(end);
    }

    /// Returns the reason to close, once there is one; registers the task to be woken by whatever comes next,
    /// an end as well as an item. To be called before [`Outbox::take`], so that nothing slips between.
    pub fn poll_ended(&self, cx: &Context<'_>) -> Poll<End> {
        let mut state = self.lock();
        if let Some(end) = &state.end {
            return Poll::Ready(end.clone());
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Returns the reason to close, for tests that have no task to be woken.
    #[cfg(test)]
    pub fn ended(&self) -> Option<End> {
        self.lock().end.clone()
    }

    /// Takes the next thing to send.
    pub fn take(&self) -> Option<Outgoing> {
        let mut state = self.lock();
        let item = state.queue.pop_front()?;
        state.bytes -= item.size();
        if state.bytes < MAX_BUFFERED / 2 {
            state.over_since = None;
        }
        if state.queue.is_empty() && state.queue.capacity() > KEEP_CAPACITY {
            state.queue = VecDeque::new();
        }
        Some(item)
    }

    /// Ends the connection if it has been over its bound for too long; returns whether to look again.
    pub(super) fn sweep(&self) -> bool {
        let mut state = self.lock();
        if state.over_since.is_some_and(|since| since.elapsed() > WRITE_STALL) {
            state.finish(End::slow_consumer());
        }
        state.over_since.is_some() && state.end.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn finish(&mut self, end: End) {
        if self.end.is_none() {
            self.end = Some(end);
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Outgoing {
    fn size(&self) -> usize {
        match self {
            Self::Event(bytes, _) | Self::Frame(bytes) => bytes.len(),
            Self::Ping => 0,
        }
    }
}

/// Slots that an emptied queue may keep; bursts must not make idle connections large.
const KEEP_CAPACITY: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_request_waits_for_room_and_ends_nothing() {
        let outbox = Outbox::default();
        assert!(outbox.offer_targeted(Bytes::from(vec![0; MAX_BUFFERED + 1])), "alone it may be large");
        assert!(!outbox.offer_targeted(Bytes::from_static(b"x")));
        assert_eq!(outbox.ended(), None);
        outbox.take();
        assert!(outbox.offer_targeted(Bytes::from_static(b"x")));
    }

    #[test]
    fn over_the_bound_droppable_events_leave_a_gap_and_others_end_it() {
        let outbox = Outbox::default();
        let half = Bytes::from(vec![0; MAX_BUFFERED / 2]);
        outbox.push_event(half.clone(), true);
        outbox.push_event(half.clone(), true);
        outbox.push_event(half.clone(), true);
        assert_eq!(outbox.ended(), None);
        assert!(matches!(outbox.take(), Some(Outgoing::Event(_, Some(1)))));
        outbox.push_event(half.clone(), true);
        assert!(matches!(outbox.take(), Some(Outgoing::Event(_, Some(2)))));
        assert!(matches!(outbox.take(), Some(Outgoing::Event(_, Some(4)))), "3 was dropped");
        outbox.push_event(half.clone(), false);
        outbox.push_event(half.clone(), false);
        outbox.push_event(half, false);
        assert_eq!(outbox.ended(), Some(End::slow_consumer()));
    }
}
