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
    /// The number of the next step to send.
    unsent: u64,
    /// The number of the first step that was never sent. Below it numbers stand for good; from it on nobody knows them
    /// yet, so that steps may be taken out there.
    fresh: u64,
    bound: usize,
}

impl Spool {
    /// Returns an empty one that keeps about `bound` bytes.
    pub(super) const fn new(bound: usize) -> Self {
        Self { steps: VecDeque::new(), first: 0, bytes: 0, unsent: 0, fresh: 0, bound }
    }

    /// Returns the number of the next step: how many there were.
    pub(super) fn next(&self) -> u64 {
        self.first + self.steps.len() as u64
    }

    /// Says whether another step can be kept without losing one.
    pub(super) const fn has_room(&self) -> bool {
        self.bytes < self.bound
    }

    /// Keeps a step; the oldest that were never sent make room, and leave a marker.
    pub(super) fn push(&mut self, step: Step) {
        let size = size(&step);
        self.steps.push_back((step, size));
        self.bytes += size;
        if self.bytes > self.bound {
            self.make_room();
        }
    }

    /// Takes out more than is needed at once, for it costs a walk.
    fn make_room(&mut self) {
        let begin = self.index(self.fresh);
        let goal = self.bytes - self.bound + self.bound / 8;
        let (mut end, mut freed, mut lost) = (begin, 0, 0);
        while end + 1 < self.steps.len() && freed < goal {
            let (step, size) = &self.steps[end];
            freed += size;
            lost += if let Step::Gap { bytes } = step { *bytes } else { *size as u64 };
            end += 1;
        }
        if begin < end {
            self.steps.drain(begin..end);
            self.steps.insert(begin, (Step::Gap { bytes: lost }, OVERHEAD));
            self.bytes = self.bytes - freed + OVERHEAD;
        }
    }

    /// Notes that all below `next` is stored.
    pub(super) fn stored(&mut self, next: u64) {
        while self.first < next {
            let Some((_, size)) = self.steps.pop_front() else { break };
            self.bytes -= size;
            self.first += 1;
        }
        self.unsent = self.unsent.max(self.first);
        self.fresh = self.fresh.max(self.first);
    }

    /// Sends again from `from` on, or from the first that is kept.
    pub(super) fn rewind(&mut self, from: u64) {
        self.unsent = from.clamp(self.first, self.fresh);
    }

    /// Sends everything again that is not stored.
    pub(super) fn rewind_all(&mut self) {
        self.unsent = self.first;
    }

    /// Says whether there is something to send.
    pub(super) fn has_unsent(&self) -> bool {
        self.unsent < self.next()
    }

    /// Returns how many bytes are sent and not known to be stored.
    pub(super) fn in_flight(&self) -> usize {
        self.steps.iter().take(self.index(self.unsent)).map(|(_, size)| size).sum()
    }

    /// Returns the next steps to send, about `most` bytes of them, and the number of the first.
    pub(super) fn take(&mut self, most: usize) -> Option<(u64, Vec<Step>)> {
        let begin = self.unsent;
        let mut steps = Vec::new();
        let mut bytes = 0;
        for (step, size) in self.steps.iter().skip(self.index(begin)) {
            if !steps.is_empty() && (bytes + size > most || steps.len() >= MOST_STEPS) {
                break;
            }
            bytes += size;
            steps.push(step.clone());
        }
        self.unsent += steps.len() as u64;
        self.fresh = self.fresh.max(self.unsent);
        (!steps.is_empty()).then_some((begin, steps))
    }

    fn index(&self, number: u64) -> usize {
        usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX)
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
    fn the_oldest_that_nobody_knows_make_room_and_leave_a_marker() {
        let mut spool = Spool::new(58 * 5);
        spool.push(text(0));
        assert_eq!(spool.take(1 << 20), Some((0, vec![text(0)])));
        (1..10).for_each(|n| spool.push(text(n)));
        let (from, steps) = spool.take(1 << 20).unwrap();
        assert_eq!(from, 1);
        let Step::Gap { bytes } = steps[0] else { panic!("a marker") };
        let kept: Vec<Step> = steps[1..].to_vec();
        let first = 10 - kept.len() as u64;
        assert_eq!(bytes, 58 * (first - 1));
        assert_eq!(kept, (first..10).map(text).collect::<Vec<_>>());
        // What was sent before is still there, under its number.
        spool.rewind_all();
        assert_eq!(spool.take(1), Some((0, vec![text(0)])));
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
        /// Whatever is pushed, stored and sent again: no number is left out and none changes its step; what is missing
        /// has a marker in its place.
        #[test]
        fn numbers_stand(ops in proptest::collection::vec(0_u8..7, 1..300)) {
            let mut spool = Spool::new(58 * 20);
            let (mut pushed, mut known) = (0_u64, Vec::<Step>::new());
            for op in ops {
                match op {
                    0..=3 => (0..=op).for_each(|_| { spool.push(text(pushed)); pushed += 1; }),
                    4 => spool.rewind(known.len() as u64 / 2),
                    5 => spool.stored(known.len() as u64 / 3),
                    _ => {}
                }
                if op % 3 == 0 && let Some((from, steps)) = spool.take(58 * 4) {
                    prop_assert!(from <= known.len() as u64, "a hole before {from}");
                    for (at, step) in (usize::try_from(from).unwrap()..).zip(steps) {
                        match known.get(at) {
                            Some(before) => prop_assert_eq!(before, &step),
                            None => known.push(step),
                        }
                    }
                }
            }
            spool.rewind(known.len() as u64);
            while let Some((from, steps)) = spool.take(58 * 4) {
                prop_assert_eq!(from, known.len() as u64);
                known.extend(steps);
            }
            // In order, and every one told or counted.
            let mut expected = 0;
            for step in &known {
                match step {
                    Step::Gap { bytes } => expected += bytes / 58,
                    step => {
                        prop_assert_eq!(step, &text(expected));
                        expected += 1;
                    }
                }
            }
            prop_assert_eq!(expected, pushed);
        }
    }
}
