//! The text of the answer as it is streamed: every word once, and void words taken back.
//!
//! The CLI prints a text up to three times (as a stream, as a finished block, in the result), and after a
//! broken connection it streams a message again from its start.

use crate::executor::Step;

/// What was streamed so far.
#[derive(Debug, Default)]
pub(super) struct LiveText {
    /// The text of the messages that are complete.
    done: String,
    /// The text of the present message.
    message: String,
    id: String,
    /// The present message came as a stream, so its finished blocks repeat it.
    streamed: bool,
    complete: bool,
    /// The next text is set off from what stands before it.
    apart: bool,
    /// Where each block of the present message begins in `message`.
    marks: Vec<(u64, usize)>,
}

impl LiveText {
    /// A message begins. When the one before it never ended, this is the same one again.
    pub(super) fn start(&mut self, id: String) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.complete || self.message.is_empty() {
            self.commit();
        } else {
            self.message.clear();
            steps.extend(self.shown_again());
        }
        self.marks.clear();
        self.id = id;
        self.streamed = false;
        self.complete = false;
        self.apart = true;
        steps
    }

    /// A piece of the present message.
    pub(super) fn delta(&mut self, text: &str) -> Vec<Step> {
        self.streamed = true;
        self.append(text)
    }

    /// A block of the present message begins.
    pub(super) fn block_start(&mut self, index: u64) {
        self.marks.push((index, self.message.len()));
    }

    /// The present message has ended; its blocks from `void_from` on were broken off and are void.
    pub(super) fn end(&mut self, void_from: Option<u64>) -> Vec<Step> {
        self.complete = true;
        let is_void = |(index, _): &&(u64, usize)| void_from.is_some_and(|from| *index >= from);
        match self.marks.iter().find(is_void).copied() {
            Some((_, at)) if at < self.message.len() => {
                self.message.truncate(at);
                self.shown_again()
            }
            _ => Vec::new(),
        }
    }

    /// A finished block of the message `id`: news only when it was not streamed.
    pub(super) fn block(&mut self, id: &str, text: &str) -> Vec<Step> {
        if self.id == id && self.streamed {
            return Vec::new();
        }
        let mut steps = if self.id == id { Vec::new() } else { self.start(id.to_owned()) };
        self.apart = true;
        steps.extend(self.append(text));
        self.complete = true;
        steps
    }

    fn append(&mut self, text: &str) -> Vec<Step> {
        if text.is_empty() {
            return Vec::new();
        }
        let before = if self.message.is_empty() { &self.done } else { &self.message };
        let apart = std::mem::take(&mut self.apart) && !before.is_empty();
        let delta = if apart { format!("{PARAGRAPH}{text}") } else { text.to_owned() };
        self.message.push_str(&delta);
        vec![Step::Text { delta }]
    }

    /// Takes everything back and shows what still holds.
    fn shown_again(&self) -> Vec<Step> {
        let holds = format!("{}{}", self.done, self.message);
        let again = (!holds.is_empty()).then_some(Step::Text { delta: holds });
        std::iter::once(Step::TextReset).chain(again).collect()
    }

    fn commit(&mut self) {
        self.done.push_str(&std::mem::take(&mut self.message));
    }
}

/// What stands between two messages of one answer.
pub(super) const PARAGRAPH: &str = "\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies the steps as a client does.
    fn shown(steps: impl IntoIterator<Item = Step>) -> String {
        steps.into_iter().fold(String::new(), |text, step| match step {
            Step::Text { delta } => text + &delta,
            Step::TextReset => String::new(),
            other => panic!("unexpected {other:?}"),
        })
    }

    #[test]
    fn a_streamed_text_is_not_shown_again_by_its_finished_block() {
        let mut live = LiveText::default();
        let mut steps = live.start("m1".into());
        steps.extend(live.delta("one "));
        steps.extend(live.delta("two"));
        steps.extend(live.block("m1", "one two"));
        live.end(None);
        assert_eq!(shown(steps), "one two");
    }

    #[test]
    fn a_message_streamed_again_takes_back_only_itself() {
        let mut live = LiveText::default();
        let mut steps = live.start("m1".into());
        steps.extend(live.delta("before the tool"));
        live.end(None);
        steps.extend(live.start("m2".into()));
        steps.extend(live.delta("this was cu"));
        steps.extend(live.start("m3".into()));
        steps.extend(live.delta("this was whole"));
        assert!(steps.contains(&Step::TextReset));
        assert_eq!(shown(steps), "before the tool\n\nthis was whole");
    }

    #[test]
    fn blocks_declared_void_are_taken_back_at_once() {
        let mut live = LiveText::default();
        let mut steps = live.start("m1".into());
        live.block_start(0);
        steps.extend(live.delta("kept"));
        live.block_start(1);
        steps.extend(live.delta(" and void"));
        steps.extend(live.end(Some(1)));
        assert_eq!(shown(steps.clone()), "kept");
        steps.extend(live.start("m2".into()));
        steps.extend(live.delta("goes on"));
        assert_eq!(shown(steps), "kept\n\ngoes on");
    }

    #[test]
    fn a_message_that_was_not_streamed_is_shown_from_its_block() {
        let mut live = LiveText::default();
        let mut steps = live.start("m1".into());
        steps.extend(live.delta("cu"));
        // After a broken stream the CLI may ask again without streaming.
        steps.extend(live.block("m2", "whole"));
        steps.extend(live.block("m2", "second block"));
        assert_eq!(shown(steps), "whole\n\nsecond block");
    }
}
