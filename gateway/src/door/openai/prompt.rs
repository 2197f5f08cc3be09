//! A list of messages as what one agent is told.

use std::fmt::Write as _;

use schemas::methods::chat::Attachment;
use serde_json::Value;

use super::error::Refusal;
use super::parts::Content;

/// What a client sent: instructions and who said what.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    instructions: Vec<String>,
    turns: Vec<Turn>,
}

#[derive(Debug)]
struct Turn {
    by_user: bool,
    content: Content,
}

impl Prompt {
    /// Adds what stands above the conversation.
    pub(super) fn instruct(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.instructions.push(text.trim().to_owned());
        }
    }

    /// Adds a message of either API; `at` names it in a refusal.
    pub(super) fn add(&mut self, message: &Value, at: &str) -> Result<(), Refusal> {
        let content = || Content::read(&message["content"], &format!("{at}.content"));
        match message["role"].as_str() {
            Some("system" | "developer") => self.instruct(&content()?.text),
            Some("user") => self.turns.push(Turn { by_user: true, content: content()? }),
            Some("assistant") => {
                if message
                    .get("tool_calls")
                    .is_some_and(|calls| calls.as_array().is_some_and(|all| !all.is_empty()))
                {
                    return Err(tools(&format!("{at}.tool_calls")));
                }
                self.turns.push(Turn { by_user: false, content: content()? });
            }
            Some("tool" | "function") => return Err(tools(&format!("{at}.role"))),
            Some(other) => {
                let text = format!("{at}.role: {other:?} is none of system, developer, user, assistant");
                return Err(Refusal::invalid(text, Some(at)));
            }
            None => return Err(Refusal::invalid(format!("{at}.role is missing"), Some(at))),
        }
        Ok(())
    }

    /// Returns what to say and what to attach. `known`: the conversation holds what was said before, so only what
    /// came after the last answer is new.
    pub(super) fn compose(self, known: bool, field: &str) -> Result<(String, Vec<Attachment>), Refusal> {
        let mut turns = self.turns;
        if known && let Some(last) = turns.iter().rposition(|turn| !turn.by_user) {
            turns.drain(..=last);
        }
        let Some(last) = turns.pop().filter(|turn| turn.by_user) else {
            return Err(Refusal::invalid(
                format!("{field} must end with a message of the user"),
                Some(field),
            ));
        };
        let mut said = String::new();
        if !self.instructions.is_empty() {
            let _ = write!(said, "<instructions>\n{}\n</instructions>\n\n", self.instructions.join("\n\n"));
        }
        if !turns.is_empty() {
            let lines: Vec<_> = turns
                .iter()
                .map(|turn| {
                    format!("{}: {}", if turn.by_user { "user" } else { "assistant" }, turn.content.text)
                })
                .collect();
            let _ = write!(said, "<conversation>\n{}\n</conversation>\n\n", lines.join("\n\n"));
        }
        said.push_str(&last.content.text);
        let files = turns.into_iter().flat_map(|turn| turn.content.files).chain(last.content.files).collect();
        Ok((said, files))
    }
}

fn tools(at: &str) -> Refusal {
    Refusal::unsupported(at, "agents use their own tools; a client's tools cannot be called")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prompt(messages: &[(&str, &str)]) -> Prompt {
        let mut prompt = Prompt::default();
        for (role, text) in messages {
            prompt.add(&json!({"role": role, "content": text}), "messages[0]").expect("taken");
        }
        prompt
    }

    #[test]
    fn one_message_is_said_as_it_is() {
        let (said, files) = prompt(&[("user", "hello")]).compose(false, "messages").expect("composed");
        assert_eq!((said.as_str(), files.len()), ("hello", 0));
    }

    #[test]
    fn what_was_said_before_goes_along_unless_it_is_known() {
        let all = [("system", "be brief"), ("user", "one"), ("assistant", "1"), ("user", "two")];
        let (said, _) = prompt(&all).compose(false, "messages").expect("composed");
        assert_eq!(
            said,
            "<instructions>\nbe brief\n</instructions>\n\n\
             <conversation>\nuser: one\n\nassistant: 1\n</conversation>\n\ntwo"
        );
        let (said, _) = prompt(&all[1..]).compose(true, "messages").expect("composed");
        assert_eq!(said, "two");
    }

    #[test]
    fn the_user_has_the_last_word_and_tools_are_refused() {
        for messages in [&[][..], &[("system", "x")], &[("user", "x"), ("assistant", "y")]] {
            for known in [true, false] {
                assert!(prompt(messages).compose(known, "messages").is_err(), "{messages:?}");
            }
        }
        let mut prompt = Prompt::default();
        assert!(prompt.add(&json!({"role": "tool", "content": "x"}), "messages[1]").is_err());
        assert!(prompt.add(&json!({"role": "assistant", "tool_calls": [{}]}), "messages[1]").is_err());
        assert!(
            prompt
                .add(&json!({"role": "assistant", "content": "x", "tool_calls": []}), "messages[1]")
                .is_ok()
        );
        assert!(prompt.add(&json!({"content": "x"}), "messages[1]").is_err());
    }
}
