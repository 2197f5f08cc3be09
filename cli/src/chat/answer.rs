//! Turns the states of a run into the text that is still to be printed.

use schemas::event::{ChatMessage, ChatState};

/// What of an answer was printed so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    printed: String,
}

impl Answer {
    /// Takes the next state and returns what to print for it.
    pub(crate) fn add(&mut self, state: &ChatState) -> String {
        match state {
            ChatState::Status { .. } => String::new(),
            ChatState::Delta { message, .. } => self.reach(&text(message)),
            ChatState::Final { message, .. } | ChatState::Aborted { message, .. } => {
                let mut rest = message.as_ref().map(|message| self.reach(&text(message))).unwrap_or_default();
                if !self.printed.is_empty() && !self.printed.ends_with('\n') {
                    rest.push('\n');
                }
                rest
            }
            ChatState::Error { .. } if self.printed.is_empty() => String::new(),
            ChatState::Error { .. } => "\n".into(),
        }
    }

    /// Returns what is missing to the whole text. A text that was rewritten is printed anew: what stands on
    /// the terminal cannot be taken back.
    fn reach(&mut self, whole: &str) -> String {
        let rest = match whole.strip_prefix(self.printed.as_str()) {
            Some(rest) => rest.to_owned(),
            None => format!("\n{whole}"),
        };
        whole.clone_into(&mut self.printed);
        rest
    }
}

fn text(message: &ChatMessage) -> String {
    message.content.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(whole: &str) -> ChatState {
        ChatState::Delta {
            delta_text: String::new(),
            message: ChatMessage::assistant(whole, 0),
            replace: None,
        }
    }

    fn last(whole: &str) -> ChatState {
        ChatState::Final { message: Some(ChatMessage::assistant(whole, 0)), stop_reason: None }
    }

    #[test]
    fn every_part_is_printed_once_even_when_deltas_were_dropped() {
        let mut answer = Answer::default();
        assert_eq!(answer.add(&delta("Hel")), "Hel");
        assert_eq!(answer.add(&delta("Hello wor")), "lo wor");
        assert_eq!(answer.add(&last("Hello world")), "ld\n");
    }

    #[test]
    fn a_rewritten_text_is_printed_anew() {
        let mut answer = Answer::default();
        answer.add(&delta("Let me"));
        assert_eq!(answer.add(&last("Done.")), "\nDone.\n");
    }
}
