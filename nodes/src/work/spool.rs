//! What a worker keeps of one run until the gateway has stored it: numbered steps, bounded.

use std::collections::VecDeque;

use crate::executor::Step;

/// The steps of a run that are not known to be stored.
#[derive(Debug)]
pub(super) struct Spool {
    /// With the bytes that each takes.
    steps: VecDeque<(Step, usize)>,
    /// The number of the first one kept.
    first: u64,
    bytes: usize,
    /// Bytes that were dropped from before `first` and not stored.
    lost: u64,
    /// The number of the next step to send.
    unsent: u64,
    bound: usize,
}

impl Spool {
    /// Returns an empty one that keeps at most `bound` bytes.
    pub(super) const fn new(bound: usize) -> Self {
        Self { steps: VecDeque::new(), first: 0, bytes: 0, lost: 0, unsent: 0, bound }
    }

    /// Returns the number of the next step: how many there were.
    pub(super) fn next(&self) -> u64 {
        self.first + self.steps.len() as u64
    }

    /// Says whether another step can be kept without losing one.
    pub(super) const fn has_room(&self) -> bool {
        self.bytes < self.bound
    }

    /// Keeps a step; the oldest make room.
    pub(super) fn push(&mut self, step: Step) {
        let size = size(&step);
        self.steps.push_back((step, size));
        self.bytes += size;
        while self.bytes > self.bound && self.steps.len() > 1 {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some((step, size)) = self.steps.pop_front() else { return };
        self.bytes -= size;
        self.first += 1;
        self.lost += match step {
            Step::Gap { bytes } => bytes,
            _ => size as u64,
        };
    }

    /// Notes that all below `next` is stored.
    pub(super) fn stored(&mut self, next: u64) {
        if next >= self.first {
            // What was dropped is older than what is stored: nobody waits for it.
            self.lost = 0;
        }
        while self.first < next {
            let Some((_, size)) = self.steps.pop_front() else { break };
            self.bytes -= size;
            self.first += 1;
        }
        self.unsent = self.unsent.max(self.first);
    }

    /// Sends again from `from` on, or from the first that is kept.
    pub(super) fn rewind(&mut self, from: u64) {
        self.unsent = from.clamp(self.first, self.next());
    }

    /// Sends everything again that is not stored.
    pub(super) fn rewind_all(&mut self) {
        self.unsent = self.first;
    }

    /// Says whether there is something to send.
    pub(super) fn has_unsent(&self) -> bool {
        self.unsent < self.next() || self.owes_gap()
    }

    /// The marker is due when sending begins at the first step that is kept.
    fn owes_gap(&self) -> bool {
        self.lost > 0 && self.unsent <= self.first
    }

    /// Returns how many bytes are sent and not known to be stored.
    pub(super) fn in_flight(&self) -> usize {
        let sent = usize::try_from(self.unsent.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.steps.iter().take(sent).map(|(_, size)| size).sum()
    }

    /// Returns the next steps to send, about `most` bytes of them, and the number of the first.
    pub(super) fn take(&mut self, most: usize) -> Option<(u64, Vec<Step>)> {
        if !self.has_unsent() {
            return None;
        }
        let gap = self.owes_gap();
        self.unsent = self.unsent.max(self.first);
        let begin = self.unsent;
        let skip = usize::try_from(begin - self.first).unwrap_or(usize::MAX);
        let mut steps = Vec::new();
        let mut bytes = 0;
        for (step, size) in self.steps.iter().skip(skip) {
            if !steps.is_empty() && (bytes + size > most || steps.len() >= MOST_STEPS) {
                break;
            }
            bytes += size;
            steps.push(step.clone());
        }
        self.unsent += steps.len() as u64;
        if gap {
            // It stands for everything up to the first that is kept, and has the last number of that.
            steps.insert(0, Step::Gap { bytes: self.lost });
            return Some((begin - 1, steps));
        }
        Some((begin, steps))
    }
}

/// Returns about how many bytes a step takes.
fn size(step: &Step) -> usize {
    let text = match step {
        Step::Text { delta } | Step::Thinking { delta } => delta.len(),
        Step::Note { text } => text.len(),
        Step::ToolStart { args: value, .. }
        | Step::ToolUpdate { partial: value, .. }
        | Step::ToolResult { result: value, .. } => value.to_string().len(),
        _ => 0,
    };
    text + OVERHEAD
}

/// Cuts a step that no message should carry as one.
pub(super) fn pieces(step: Step) -> Vec<Step> {
    match step {
        Step::Text { delta } if delta.len() > LONGEST_TEXT => {
            cut(&delta).map(|piece| Step::Text { delta: piece.to_owned() }).collect()
        }
        Step::Thinking { delta } if delta.len() > LONGEST_TEXT => {
            cut(&delta).map(|piece| Step::Thinking { delta: piece.to_owned() }).collect()
        }
        step if size(&step) > LARGEST_STEP => vec![Step::Gap { bytes: size(&step) as u64 }],
        step => vec![step],
    }
}

fn cut(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let mut end = LONGEST_TEXT.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, rest) = text.split_at(end);
        text = rest;
        Some(piece)
    })
}

/// What a step takes besides its text.
const OVERHEAD: usize = 48;
/// Steps in one message.
const MOST_STEPS: usize = 512;
/// The longest text in one step, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;
/// The largest step that is sent, in bytes.
const LARGEST_STEP: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(n: u64) -> Step {
        Step::Text { delta: format!("{n:>10}") }
    }

    #[test]
    fn what_is_stored_is_not_sent_again_and_what_is_not_is() {
        let mut spool = Spool::new(1 << 20);
        (0..10).for_each(|n| spool.push(text(n)));
        assert_eq!(spool.take(1 << 20).map(|(from, steps)| (from, steps.len())), Some((0, 10)));
        spool.stored(4);
        spool.rewind_all();
        assert_eq!(spool.take(1 << 20).map(|(from, steps)| (from, steps.len())), Some((4, 6)));
        assert_eq!(spool.take(1 << 20), None);
        spool.rewind(8);
        assert_eq!(spool.take(1 << 20), Some((8, vec![text(8), text(9)])));
        assert_eq!(spool.next(), 10);
    }

    #[test]
    fn the_oldest_make_room_and_leave_a_marker_with_the_last_lost_number() {
        let mut spool = Spool::new(58 * 3);
        (0..10).for_each(|n| spool.push(text(n)));
        let (from, steps) = spool.take(1 << 20).unwrap();
        assert_eq!(from, 6);
        assert_eq!(steps[0], Step::Gap { bytes: 58 * 7 });
        assert_eq!(steps[1..], [text(7), text(8), text(9)]);
    }

    #[test]
    fn long_texts_are_cut_at_characters() {
        let long = "ä".repeat(LONGEST_TEXT);
        let joined: String = pieces(Step::Text { delta: long.clone() })
            .into_iter()
            .map(|step| if let Step::Text { delta } = step { delta } else { panic!("text") })
            .collect();
        assert_eq!(joined, long);
    }

    proptest! {
        /// Whatever is pushed, stored and sent again: each number is sent, or a marker before it covers it.
        #[test]
        fn no_number_is_missed(ops in proptest::collection::vec(0_u8..5, 1..200)) {
            let mut spool = Spool::new(58 * 5);
            let (mut pushed, mut seen) = (0_u64, 0_u64);
            for op in ops {
                match op {
                    0..=2 => { spool.push(text(pushed)); pushed += 1; }
                    3 => spool.rewind(seen),
                    _ => spool.stored(seen.min(pushed)),
                }
                if op % 2 == 1 && let Some((from, steps)) = spool.take(58 * 2) {
                    let jumps = matches!(steps[0], Step::Gap { .. });
                    prop_assert!(from <= seen || jumps, "from {from}, expected {seen}");
                    for (n, step) in (from..).zip(&steps) {
                        let is_marker = matches!(step, Step::Gap { .. });
                        prop_assert!(is_marker || *step == text(n), "{n} is {step:?}");
                    }
                    seen = seen.max(from + steps.len() as u64);
                }
            }
            prop_assert_eq!(spool.next(), pushed);
        }
    }
}
